/*
 * Printing tables. Every column but the last is as wide as its longest text; the last one gets what
 * is left of the line and goes on in the next, below its beginning. Widths count characters and not
 * bytes. What came from a file may hold anything, so no text reaches the terminal undefused.
 */
#include "table.h"

#include <string.h>
#include <sys/ioctl.h>

#include "text.h"

#define MIN_WIDTH 20
#define MAX_WIDTH 1000
#define MIN_LAST 12 /* characters of the last column, however narrow the terminal is */
#define GAP 2

struct table_row {
	struct table_row *next;
	bool is_heading;
	const char *text[TABLE_COLUMNS];
};

void ctl_look_at_output(struct ctl *ctl)
{
	const char *columns = getenv("COLUMNS"), *term = getenv("TERM"),
		   *plain = getenv("NO_COLOR");
	bool is_terminal = isatty(STDOUT_FILENO);
	struct winsize size = { 0 };
	uint64_t width = 80, asked;

	if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		width = size.ws_col;
	else if (columns && parse_u64(columns, &asked) == 0)
		width = asked;
	width = width < MIN_WIDTH ? MIN_WIDTH : width;
	ctl->width = (unsigned int)(width > MAX_WIDTH ? MAX_WIDTH : width);
	/* https://no-color.org: any text that is not empty. */
	ctl->is_bold = is_terminal && !(plain && plain[0]) && term && strcmp(term, "dumb") != 0;
}

static size_t width_of(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)text[i] & 0xC0) != 0x80;
	return width;
}

/* Bytes of the first COUNT characters of TEXT. */
static size_t bytes_of(const char *text, size_t count)
{
	size_t i = 0;

	while (text[i] && count--) {
		for (i++; ((unsigned char)text[i] & 0xC0) == 0x80; i++)
			continue;
	}
	return i;
}

static void put_spaces(struct strbuf *out, size_t count)
{
	strbuf_printf(out, "%*s", (int)count, "");
}

/* TEXT in lines of WIDTH characters, each but the first behind INDENT spaces. */
static void put_wrapped(struct strbuf *out, const char *text, size_t indent, size_t width)
{
	size_t used = 0;

	while (*(text += strspn(text, " "))) {
		size_t len = strcspn(text, " "), wide = width_of(text, len);

		if (used && used + 1 + wide > width) {
			strbuf_puts(out, "\n");
			put_spaces(out, indent);
			used = 0;
		}
		if (wide > width) { /* a word longer than the line is broken */
			len = bytes_of(text, width);
			wide = width;
		}
		strbuf_puts(out, used ? " " : "");
		strbuf_add(out, text, len);
		used += wide + (used ? 1 : 0);
		text += len;
	}
}

void table_title(struct ctl *ctl, const char *text)
{
	char *safe = arena_strdup(ctl->arena, text);

	error_defuse(safe);
	strbuf_puts(&ctl->out, ctl->is_bold ? "\033[1m" : "");
	put_wrapped(&ctl->out, safe, 1, ctl->width - 1);
	strbuf_puts(&ctl->out, ctl->is_bold ? "\033[0m\n" : "\n");
}

void table_row(struct table *table, const char *const texts[static TABLE_COLUMNS])
{
	struct table_row *row = arena_alloc(table->ctl->arena, sizeof(*row));

	for (unsigned int i = 0; i < table->columns; i++) {
		char *safe = arena_strdup(table->ctl->arena, texts[i] ? texts[i] : "");

		error_defuse(safe);
		row->text[i] = safe;
	}
	*table->end = row;
	table->end = &row->next;
}

void table_start(struct table *table, struct ctl *ctl, const char *const *headings)
{
	const char *texts[TABLE_COLUMNS] = { NULL };
	bool has_text = false;

	*table = (struct table){ .ctl = ctl };
	table->end = &table->rows;
	for (; headings[table->columns] && table->columns < TABLE_COLUMNS; table->columns++) {
		texts[table->columns] = headings[table->columns];
		has_text = has_text || headings[table->columns][0];
	}
	if (!has_text)
		return;
	table_row(table, texts);
	table->rows->is_heading = true;
}

static void put_cell(struct strbuf *out, const char *text, size_t width, bool is_right)
{
	size_t len = strlen(text), wide = width_of(text, len);
	size_t pad = width > wide ? width - wide : 0;

	put_spaces(out, is_right ? pad : 0);
	strbuf_add(out, text, len);
	put_spaces(out, (is_right ? 0 : pad) + GAP);
}

/* Spaces in front of an empty last cell are nobody's. */
static void trim_line(struct strbuf *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

static void put_row(const struct table *table, const struct table_row *row,
		    const size_t width[static TABLE_COLUMNS], size_t indent)
{
	struct ctl *ctl = table->ctl;
	size_t rest = ctl->width > indent + MIN_LAST ? ctl->width - indent : MIN_LAST;
	unsigned int last = table->columns - 1;

	strbuf_puts(&ctl->out, row->is_heading && ctl->is_bold ? "\033[1m " : " ");
	for (unsigned int i = 0; i < last; i++)
		put_cell(&ctl->out, row->text[i], width[i], (table->right & (1U << i)) != 0);
	put_wrapped(&ctl->out, row->text[last], indent, rest);
	trim_line(&ctl->out);
	strbuf_puts(&ctl->out, row->is_heading && ctl->is_bold ? "\033[0m\n" : "\n");
}

void table_end(struct table *table)
{
	size_t width[TABLE_COLUMNS] = { 0 }, indent = 1;

	for (const struct table_row *row = table->rows; row; row = row->next) {
		for (unsigned int i = 0; i + 1 < table->columns; i++) {
			size_t wide = width_of(row->text[i], strlen(row->text[i]));

			width[i] = wide > width[i] ? wide : width[i];
		}
	}
	for (unsigned int i = 0; i + 1 < table->columns; i++)
		indent += width[i] + GAP;
	for (const struct table_row *row = table->rows; row; row = row->next)
		put_row(table, row, width, indent);
}
