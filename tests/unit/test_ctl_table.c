/* Tables of mantletctl: columns, wrapping, characters, and texts that nobody chose kindly. */
#include "table.h"
#include "tap.h"

static struct ctl ctl;

static void begin(unsigned int width)
{
	ctl = (struct ctl){ .arena = arena_new(), .width = width };
}

static void is_output(const char *want, const char *name)
{
	is_text(strbuf_text(&ctl.out), want, name);
	strbuf_free(&ctl.out);
	arena_free(ctl.arena);
}

/* No line of the output is wider than the terminal. */
static bool fits(unsigned int width)
{
	for (const char *line = strbuf_text(&ctl.out); *line; line += strcspn(line, "\n") + 1) {
		if (strcspn(line, "\n") > width)
			return false;
	}
	return true;
}

static void test_columns(void)
{
	struct table table;

	begin(40);
	table_begin(&table, &ctl, "CLASS", "CALLS", "NAMES");
	table.right = 1U << 1;
	table_add(&table, "files", "2", "open read");
	table_add(&table, "memory", "12", "");
	table_end(&table);
	is_output(" CLASS   CALLS  NAMES\n"
		  " files       2  open read\n"
		  " memory     12\n",
		  "table: columns as wide as their texts, numbers to the right");

	begin(24);
	table_begin(&table, &ctl, "A", "NAMES");
	table_add(&table, "x", "one two three four five");
	table_end(&table);
	is_output(" A  NAMES\n"
		  " x  one two three four\n"
		  "    five\n",
		  "table: the last column goes on below its beginning");

	begin(20);
	table_begin(&table, &ctl, "", "");
	table_add(&table, "x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b");
	table_end(&table);
	is_output(" x  aaaaaaaaaaaaaaaa\n"
		  "    aaaaaaaaaaaaaaaa\n"
		  "    aaaa b\n",
		  "table: a word longer than the line is broken; no headings, no line for them");

	begin(20);
	table_begin(&table, &ctl, "", "");
	table_add(&table, "ä", "äöüäöüäöüäöü äöüä b");
	table_add(&table, "xy", "z");
	table_end(&table);
	is_output(" ä   äöüäöüäöüäöü\n"
		  "     äöüä b\n"
		  " xy  z\n",
		  "table: characters count, not bytes");
}

static void test_texts(void)
{
	struct table table;

	begin(80);
	table_begin(&table, &ctl, "", "");
	table_add(&table, "\033[31mred\n",
		  "\xC2\x9B"
		  "2J \xE2\x80\xAE"
		  "x \xFF");
	table_end(&table);
	is_output(" ?[31mred?  ??2J ???x ?\n", "table: no text moves the cursor");
}

static void test_widths(void)
{
	bool is_narrow = true;

	for (unsigned int width = 20; width <= 200; width++) {
		struct table table;

		begin(width);
		table_begin(&table, &ctl, "", "", "");
		for (int i = 0; i < 5; i++)
			table_add(&table, "x", "A", "one two three four five sixsixsixsixsixsix");
		table_end(&table);
		is_narrow = is_narrow && fits(width);
		strbuf_free(&ctl.out);
		arena_free(ctl.arena);
	}
	ok(is_narrow, "table: no line is wider than the terminal, from 20 to 200 columns");
}

static void test_options(void)
{
	static const struct ctl_option options[] = {
		{ .name = "cap", .value = "CAP", .is_repeatable = true },
		{ .name = "root", .value = "ROOT" },
		{ .name = "json" },
		{ .name = NULL },
	};
	static const struct {
		const char *word[6];
		const char *message; /* NULL: it is fine */
	} rows[] = {
		{ { "a", "--cap", "X", "b", "--cap=Y" }, NULL },
		{ { "--json", "--", "--json" }, NULL },
		{ { "--root=a", "-" }, NULL },
		{ { "--jsn" }, "unknown option '--jsn', did you mean '--json'?" },
		{ { "-j" }, "unknown option '-j'" },
		{ { "--json=1" }, "--json takes no value" },
		{ { "--root" }, "--root needs a value: --root ROOT" },
		{ { "--root=" }, "--root needs a value: --root ROOT" },
		{ { "--root", "a", "--root", "b" }, "--root is given twice" },
		{ { "--json", "--json" }, "--json is given twice" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *words[7] = { NULL };
		struct ctl_args args;
		int status;

		begin(80);
		for (size_t j = 0; j < 6 && rows[i].word[j]; j++)
			words[j] = arena_strdup(ctl.arena, rows[i].word[j]);
		status = ctl_parse(&ctl, &args, options, words);
		if (rows[i].message)
			is_text(status ? ctl.e.message : "", rows[i].message,
				"options: what is wrong is said");
		else
			ok(status == 0, "options: row %zu is read", i);
		if (i == 0)
			ok(args.words == 2 && args.count == 2 &&
				   strcmp(args.given[1].value, "Y") == 0,
			   "options: words and values, wherever they stand");
		if (i == 1)
			ok(args.words == 1 && args.count == 1, "options: -- ends them");
		arena_free(ctl.arena);
	}
}

int main(void)
{
	test_columns();
	test_texts();
	test_widths();
	test_options();
	return done_testing();
}
