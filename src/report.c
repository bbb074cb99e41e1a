/*
 * Telling the engine and the person why no container was started.
 *
 * An engine shows one sentence: the last error record in --log, or what was on stderr when there
 * is none. containerd gives up on a log with a byte that is no JSON, podman on one with a second
 * record (contract, section 5). So: one record, one write, and the same words on stderr.
 */
#include "report.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fdio.h"
#include "strbuf.h"
#include "text.h"

const char *report_prefix(enum error_kind kind)
{
	switch (kind) {
	case ERR_USAGE:
	case ERR_POLICY:
	case ERR_SPEC:
	case ERR_DENIED:
		return "mantlet: refused: ";
	case ERR_NONE:
	case ERR_SYSTEM:
		return "mantlet: ";
	}
	return "mantlet: ";
}

static const char *skip(const char *text, const char *prefix)
{
	return text_starts(text, prefix) ? text + strlen(prefix) : text;
}

static void add_sentence(struct strbuf *sb, struct error *e)
{
	const char *text;

	error_defuse(e->message);
	text = skip(skip(e->message, "mantlet: "), "refused: ");
	strbuf_puts(sb, report_prefix(e->kind));
	strbuf_puts(sb, text[0] ? text : "an error without a description");
}

/* RFC 3339, as containerd's JSON decoder wants it. */
static void add_time(struct strbuf *sb)
{
	char text[32] = "1970-01-01T00:00:00Z";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	strbuf_puts(sb, text);
}

static void add_record(struct strbuf *sb, bool is_json, const struct strbuf *sentence)
{
	if (is_json) {
		strbuf_puts(sb, "{\"level\":\"error\",\"msg\":");
		strbuf_json(sb, strbuf_text(sentence), sentence->len);
		strbuf_puts(sb, ",\"time\":\"");
		add_time(sb);
		strbuf_puts(sb, "\"}\n");
		return;
	}
	/* logfmt, whose quoting is JSON's for all that is left in a defused sentence */
	strbuf_puts(sb, "time=\"");
	add_time(sb);
	strbuf_puts(sb, "\" level=error msg=");
	strbuf_json(sb, strbuf_text(sentence), sentence->len);
	strbuf_puts(sb, "\n");
}

/* crun's forms of --log: a file may have "file:" in front, the other two are no files. */
static const char *log_path(const char *log)
{
	if (!log || text_starts(log, "journald:") || text_starts(log, "syslog:"))
		return NULL;
	log = skip(log, "file:");
	return log[0] ? log : NULL;
}

/*
 * O_NOFOLLOW: root appends to a name that the engine chose, and what lies behind a symlink nobody
 * has chosen; /dev/stderr is one too, and gets the sentence anyway. O_NONBLOCK: a FIFO without a
 * reader must not hold us.
 */
static int open_log(const char *path)
{
	int fd =
		open(path,
		     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		     0600);
	int higher;

	/* Called without stderr we would get its number, and write twice to the log. */
	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	higher = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)close(fd);
	return higher;
}

int report_error(const struct invocation *inv, struct error *e)
{
	auto_strbuf struct strbuf sentence = { 0 }, record = { 0 };
	const char *path = log_path(inv->log);

	/* A reader that has gone must not end us before the log is written. */
	(void)signal(SIGPIPE, SIG_IGN);
	add_sentence(&sentence, e);
	if (path) {
		auto_close int fd = open_log(path);

		add_record(&record, text_equal(inv->log_format, "json"), &sentence);
		/* Half a record would make containerd lose all of them. */
		if (fd >= 0)
			(void)!fd_append_line(fd, record.data, record.len);
	}
	strbuf_puts(&sentence, "\n");
	if (write(STDERR_FILENO, sentence.data, sentence.len) < 0)
		return EXIT_FAILURE; /* nobody listens; the status says it */
	return EXIT_FAILURE;
}
