/*
 * Reading what dockerd wrote about a container before it called us.
 *
 * dockerd's data root is not in the bundle. The usual place comes first: ids are 64 random digits
 * that the daemon chose, so a directory of that name below its root is this container's. Elsewhere
 * only the mounts of resolv.conf, hostname and hosts say where the root is, and a person can write
 * such a mount too; so what they lead to counts only where every directory belongs to root. Whoever
 * could forge that can as well say --health-cmd.
 */
#include "health.h"

#include <fcntl.h>
#include <sha2.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "fdio.h"
#include "text.h"

#define MAX_CONFIG ((size_t)4 * 1024 * 1024)
#define MAX_DAEMON_FILE ((size_t)1024 * 1024)
#define ID_LEN 64U
/* Each is looked for among all. */
#define MAX_VARIABLES 1024U
#define VARIABLE_DIGITS 32U

static bool is_long_id(const char *id)
{
	return strlen(id) == ID_LEN && strspn(id, "0123456789abcdef") == ID_LEN;
}

static void add_text(SHA2_CTX *sha, const char *text, size_t text_len)
{
	uint64_t len = text_len;

	SHA256Update(sha, (const uint8_t *)&len, sizeof(len));
	SHA256Update(sha, (const uint8_t *)text, text_len);
}

/* The strings of FIRST (may be NULL), then START and those behind it. */
static const char *digest_of(struct arena *arena, const char *key, const char *cwd,
			     const struct json *first, const struct json *start)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX sha;

	SHA256Init(&sha);
	add_text(&sha, key, strlen(key));
	add_text(&sha, cwd, strlen(cwd));
	json_each (item, first) {
		if (item->type != JSON_STRING)
			return NULL;
		add_text(&sha, item->text, item->len);
	}
	for (const struct json *item = start; item; item = item->next) {
		if (item->type != JSON_STRING)
			return NULL;
		add_text(&sha, item->text, item->len);
	}
	return arena_strdup(arena, SHA256End(&sha, hex));
}

const char *health_new_key(struct arena *arena)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	uint8_t random[32];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return NULL;
	return arena_strdup(arena, SHA256Data(random, sizeof(random), hex));
}

const char *health_digest(struct arena *arena, const char *key, const char *cwd,
			  const struct json *args)
{
	if (!args || args->type != JSON_ARRAY || !json_first(args))
		return NULL;
	return digest_of(arena, key, cwd, NULL, json_first(args));
}

/*
 * moby, daemon/health.go: "CMD" runs the rest as it is, "CMD-SHELL" behind the image's SHELL. A
 * list without a command and every other word start nothing.
 */
static const char *check_of(struct arena *arena, const struct health_asked *asked,
			    const struct json *config, const char **ret_note)
{
	const struct json *test = json_find(json_find(config, "Healthcheck"), "Test");
	const struct json *kind = json_first(test), *shell = json_find(config, "Shell");
	const char *digest;

	if (!kind || !kind->next || json_is(kind, "NONE"))
		return NULL;
	if (json_is(kind, "CMD")) {
		digest = digest_of(arena, asked->key, asked->cwd, NULL, kind->next);
	} else if (!json_is(kind, "CMD-SHELL")) {
		*ret_note = "its kind is neither CMD nor CMD-SHELL";
		return NULL;
	} else {
		if (!json_first(shell)) {
			struct json *usual = json_new(arena, JSON_ARRAY);

			json_append(arena, usual, NULL, json_new_str(arena, "/bin/sh"));
			json_append(arena, usual, NULL, json_new_str(arena, "-c"));
			shell = usual;
		}
		digest = digest_of(arena, asked->key, asked->cwd, shell, kind->next);
	}
	if (!digest)
		*ret_note = "it is not a list of strings";
	return digest;
}

/* The text of a file that only root can have written, or NULL. DIR_FD and all above it are asked
 * too. */
static const char *read_trusted(struct arena *arena, int dir_fd, const char *name, size_t limit,
				size_t *ret_len)
{
	struct error ignored = { 0 };
	auto_close int fd = -1;
	const char *text;
	struct stat st;

	if (fd_check_trusted(dir_fd, name, ERR_SYSTEM, &ignored) < 0)
		return NULL;
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != 0 ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) || st.st_nlink != 1)
		return NULL;
	if (fd_read_all(fd, limit, arena, &text, ret_len, name, &ignored) < 0)
		return NULL;
	return text;
}

const char *health_read(struct arena *arena, const char *data_root,
			const struct health_asked *asked, bool *ret_is_there, const char **ret_note)
{
	auto_arena struct arena *text_arena = arena_new(); /* labels may be megabytes */
	struct json_doc doc = { 0 };
	struct error ignored = { 0 };
	auto_close int dir = -1;
	const char *text;
	size_t len;

	*ret_is_there = false;
	*ret_note = NULL;
	if (!is_long_id(asked->id))
		return NULL;
	dir = open(arena_printf(text_arena, "%s/containers/%s", data_root, asked->id),
		   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return NULL;
	*ret_is_there = true;
	text = read_trusted(text_arena, dir, "config.v2.json", MAX_CONFIG, &len);
	if (!text) {
		*ret_note = "config.v2.json is not there, too large, or could be changed by "
			    "others than root";
		return NULL;
	}
	if (json_parse(&doc, text_arena, text, len, 0, "config.v2.json", &ignored) < 0 ||
	    !json_is(json_find(doc.root, "ID"), asked->id)) {
		*ret_note = "config.v2.json is not understood";
		return NULL;
	}
	return check_of(arena, asked, json_find(doc.root, "Config"), ret_note);
}

const char *health_data_root(struct arena *arena, const char *file, const char *fallback)
{
	auto_arena struct arena *text_arena = arena_new();
	const char *slash = strrchr(file, '/'), *text, *root;
	struct error ignored = { 0 };
	struct json_doc doc = { 0 };
	auto_close int dir = -1;
	size_t len;

	dir = open(arena_memdup(text_arena, file, (size_t)(slash - file)),
		   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fallback;
	text = read_trusted(text_arena, dir, slash + 1, MAX_DAEMON_FILE, &len);
	if (!text || json_parse(&doc, text_arena, text, len, 0, "daemon.json", &ignored) < 0)
		return fallback;
	root = json_text(json_find(doc.root, "data-root"));
	return root && root[0] == '/' ? arena_strdup(arena, root) : fallback;
}

/* ROOT of "ROOT/containers/ID/NAME" mounted at /etc/NAME; NULL when it is not of that form. */
static const char *root_of(struct arena *arena, const char *id, const char *source, const char *at)
{
	static const char *const places[] = { "/etc/resolv.conf", "/etc/hostname", "/etc/hosts",
					      NULL };
	const char *tail;

	if (!text_in(at, places) || !source || source[0] != '/')
		return NULL;
	tail = arena_printf(arena, "/containers/%s/%s", id, at + strlen("/etc/"));
	if (!text_ends(source, tail) || strlen(source) == strlen(tail))
		return NULL;
	return arena_memdup(arena, source, strlen(source) - strlen(tail));
}

const char *health_mounted_root(struct arena *arena, const char *id, struct json_doc *spec)
{
	const char *found = NULL;

	json_each (mount, json_get(spec, "mounts")) {
		const char *root = root_of(arena, id, json_text(json_find(mount, "source")),
					   json_text(json_find(mount, "destination")));

		if (root && found && !text_equal(root, found))
			return NULL; /* dockerd has one root */
		found = root ? root : found;
	}
	return found;
}

static const char *directory_of(struct json_doc *doc)
{
	return json_str(doc, json_get(doc, "process", "cwd"), "/");
}

static void hash_variable(char hex[static SHA256_DIGEST_STRING_LENGTH], const char *key,
			  const struct json *variable)
{
	SHA2_CTX sha;

	SHA256Init(&sha);
	add_text(&sha, key, strlen(key));
	add_text(&sha, variable->text, variable->len);
	(void)SHA256End(&sha, hex);
	hex[VARIABLE_DIGITS] = '\0';
}

static struct json *hashes_of(struct arena *arena, const char *key, const struct json *env)
{
	struct json *list = json_new(arena, JSON_ARRAY);
	char hex[SHA256_DIGEST_STRING_LENGTH];

	json_each (variable, env) {
		if (!json_text(variable))
			continue;
		hash_variable(hex, key, variable);
		json_append(arena, list, NULL, json_new_str(arena, hex));
	}
	return list;
}

/* Where the container's directory may be: the daemon's own word, the usual place, the mounts. */
static const char *search(struct arena *arena, const struct health_asked *asked,
			  struct json_doc *spec, const char **ret_why)
{
	const char *root = health_data_root(arena, HEALTH_DAEMON_FILE, HEALTH_DATA_ROOT);
	const char *digest;
	bool is_there = false;

	digest = health_read(arena, root, asked, &is_there, ret_why);
	if (!is_there && !text_equal(root, HEALTH_DATA_ROOT))
		digest = health_read(arena, HEALTH_DATA_ROOT, asked, &is_there, ret_why);
	root = is_there ? NULL : health_mounted_root(arena, asked->id, spec);
	if (root)
		digest = health_read(arena, root, asked, &is_there, ret_why);
	if (!is_there)
		*ret_why = "the data root of dockerd was not found";
	return digest;
}

struct json *health_find(struct arena *arena, const char *id, const char *key,
			 struct json_doc *spec, const char **ret_note)
{
	const struct health_asked asked = { .id = id, .key = key, .cwd = directory_of(spec) };
	const struct json *env = json_get(spec, "process", "env");
	const char *digest, *why = NULL;
	struct json *known = NULL;

	*ret_note = NULL;
	if (!is_long_id(id) || !key)
		return NULL;
	digest = search(arena, &asked, spec, &why);
	if (digest && json_count(env) > MAX_VARIABLES) {
		why = "the container has too many variables";
	} else if (digest) {
		known = json_new(arena, JSON_OBJECT);
		json_append(arena, known, "args", json_new_str(arena, digest));
		json_append(arena, known, "env", hashes_of(arena, key, env));
	}
	if (why)
		*ret_note = arena_printf(arena, "Docker's health check is not known: %s", why);
	return known;
}

/* Docker's old links: their variables change when the other container starts again. */
static bool is_of_link(struct arena *arena, const char *variable)
{
	static const char *const names[] = { "*_PORT", "*_PORT_*", "*_NAME", "*_ENV_*" };
	const char *name = arena_memdup(arena, variable, strcspn(variable, "="));

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (glob_match(names[i], name))
			return true;
	}
	return false;
}

static bool has_hash(const struct json *hashes, const char *hex)
{
	json_each (hash, hashes) {
		if (json_is(hash, hex))
			return true;
	}
	return false;
}

/* dockerd gives a health check the variables that it gave the container (but TERM, without a
 * terminal); "docker exec -e" can add and replace. */
static bool is_own_environment(struct arena *arena, const struct json *hashes, const char *key,
			       const struct json *env)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	if (json_count(env) > MAX_VARIABLES)
		return false;
	json_each (variable, env) {
		if (!json_text(variable))
			return false;
		hash_variable(hex, key, variable);
		if (!has_hash(hashes, hex) && !is_of_link(arena, variable->text))
			return false;
	}
	return true;
}

bool health_is_check(struct arena *arena, const struct json *known, const char *key,
		     struct json_doc *doc)
{
	const char *args = json_text(json_find(known, "args"));

	return args && key && !json_bool(doc, json_get(doc, "process", "terminal"), false) &&
	       text_equal(args, health_digest(arena, key, directory_of(doc),
					      json_get(doc, "process", "args"))) &&
	       is_own_environment(arena, json_find(known, "env"), key,
				  json_get(doc, "process", "env"));
}
