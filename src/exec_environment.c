/*
 * A list of commands that may be executed is worth nothing when who asks brings LD_PRELOAD along:
 * the program is the one that was allowed, and what runs is his. So beside such a list an exec gets
 * the container's own loader and interpreter variables, or none. Others are the program's affair.
 */
#include "exec_environment.h"

#include <string.h>

#include "bundle.h"
#include "text.h"

/* More of them than any image has; each of an exec is looked for among all. */
#define MOST_OWN 64U

/* clang-format off */
/* A star: every name that begins so. */
static const char *const names[] = {
	/* execvp(3), ld.so(8), musl, iconv(3), catopen(3), locale(7) */
	"PATH", "LD_*", "GLIBC_TUNABLES", "GCONV_PATH", "NLSPATH", "LOCPATH",
	/* sh(1), bash(1), zsh(1) */
	"ENV", "BASH_ENV", "BASH_FUNC_*", "BASHOPTS", "SHELLOPTS", "PROMPT_COMMAND", "PS4", "ZDOTDIR",
	/* perlrun(1), python(1), ruby(1), node(1), php(1), lua(1), tclsh(1), erl(1), R */
	"PERL5*", "PERLLIB", "PYTHON*", "RUBY*", "GEM_*", "BUNDLE_*", "NODE_OPTIONS", "NODE_PATH",
	"PHPRC", "PHP_INI_SCAN_DIR", "LUA_*", "TCLLIBPATH", "ERL_*", "ELIXIR_ERL_OPTIONS", "R_*",
	/* java(1), dotnet(1) */
	"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS", "CLASSPATH",
	"DOTNET_*", "CORECLR_*", "COR_*",
	/* Programs that libraries and tools start or load. */
	"OPENSSL_*", "GIT_*", "EDITOR", "VISUAL", "PAGER", "MANPAGER", "LESSOPEN", "LESSCLOSE", "BROWSER",
	"GTK_MODULES", "GIO_*", "QT_PLUGIN_PATH", "TERMINFO", "TERMINFO_DIRS", "TERMCAP",
};
/* clang-format on */

static bool is_name(const char *pattern, const char *name, size_t len)
{
	size_t want = strcspn(pattern, "*");

	return memcmp(pattern, name, want < len ? want : len) == 0 &&
	       (pattern[want] ? len >= want : len == want);
}

static bool is_acted_on(const struct json *variable)
{
	size_t len = strcspn(variable->text, "=");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (is_name(names[i], variable->text, len))
			return true;
	}
	return false;
}

static bool has(const char *const *own, size_t count, const char *variable)
{
	for (size_t i = 0; i < count; i++) {
		if (text_equal(own[i], variable))
			return true;
	}
	return false;
}

const char *exec_environment_foreign(struct arena *arena, const struct json *env,
				     const struct json *own, bool is_path_allowed)
{
	const char *known[MOST_OWN];
	size_t count = 0;

	json_each (variable, own) {
		if (count < MOST_OWN && json_text(variable) && is_acted_on(variable))
			known[count++] = variable->text;
	}
	json_each (variable, env) {
		if (!json_text(variable) || !is_acted_on(variable) ||
		    (is_path_allowed && text_starts(variable->text, "PATH=")) ||
		    has(known, count, variable->text))
			continue;
		return arena_memdup(arena, variable->text, strcspn(variable->text, "="));
	}
	return NULL;
}

static bool is_asked_for(const struct decision *d)
{
	const struct json *cfg = json_find(d->policy.controls, "exec");

	return json_find(json_find(cfg, "commands"), "allow") &&
	       !json_is(json_find(cfg, "mode"), "off") && !d->facts.is_health_check;
}

void exec_environment_note(struct decision *d)
{
	auto_arena struct arena *text_arena = arena_new();
	struct bundle bundle = { .dir_fd = -1 };
	char digest[BUNDLE_DIGEST_SIZE];
	struct error ignored = { 0 };
	struct json_doc spec = { 0 };

	if (d->record != RECORD_PRESENT || !is_asked_for(d) ||
	    bundle_open(&bundle, text_arena, d->facts.bundle, &ignored))
		return;
	bundle_close(&bundle);
	bundle_digest(digest, bundle.text, bundle.len);
	if (!text_equal(digest, d->config_digest) ||
	    json_parse(&spec, d->arena, bundle.text, bundle.len, 0, "config.json", &ignored))
		return;
	d->facts.has_own_env = true;
	d->facts.own_env = json_get(&spec, "process", "env");
}
