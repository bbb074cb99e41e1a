/*
 * Docker runs a health check as it runs "docker exec", and must be able to, whatever else the
 * policy refuses. The record knows the health check. A container that was started before mantlet
 * was installed has none, and another version's may not say it; such a host would else have all its
 * containers unhealthy with the first policy that refuses shells. So for those it is looked up now,
 * in the same files and under the same rules of trust as at create.
 */
#include "exec_health.h"

#include <sha2.h>
#include <string.h>

#include "bundle.h"
#include "health.h"
#include "health_seen.h"
#include "text.h"
#include "wrap.h"

static bool is_check(struct decision *d, struct json_doc *doc)
{
	const struct create_request *created = &d->facts.created;

	return created->healthcheck &&
	       health_is_check(d->arena, created->healthcheck, created->health_key, doc);
}

/* Docker's log of an exec lies in the bundle, which has the container's name. */
static const char *bundle_of(struct decision *d)
{
	const char *bundle = wrap_bundle_of_log(d);

	return bundle && engine_of_bundle(bundle) == ENGINE_DOCKER &&
			       text_equal(strrchr(bundle, '/') + 1, d->inv.id)
		       ? bundle
		       : NULL;
}

/* Variables and directory are those of config.json as it lies there: Docker wrote it, or an older
 * mantlet from Docker's. */
static void look_up(struct decision *d)
{
	auto_arena struct arena *text_arena = arena_new();
	struct create_request *created = &d->facts.created;
	struct bundle bundle = { .dir_fd = -1 };
	const char *path = bundle_of(d), *why = NULL;
	struct error ignored = { 0 };
	struct json_doc spec = { 0 };

	created->healthcheck = NULL;
	created->health_key = NULL;
	if (!path || bundle_open(&bundle, text_arena, path, &ignored))
		return;
	bundle_close(&bundle);
	if (json_parse(&spec, d->arena, bundle.text, bundle.len, 0, "config.json", &ignored))
		return;
	created->health_key = health_new_key(d->arena);
	created->healthcheck = health_find(d->arena, d->inv.id, created->health_key, &spec, &why);
}

int exec_health_note(struct decision *d, struct json_doc *doc, struct error *e)
{
	auto_strbuf struct strbuf text = { 0 };
	char hex[SHA256_DIGEST_STRING_LENGTH];
	bool is_known;

	if (d->facts.engine != ENGINE_DOCKER || d->exec.has_terminal)
		return 0;
	if (d->facts.created.healthcheck)
		d->facts.created.health_key = health_seen_key(d);
	is_known = is_check(d, doc);
	if (!is_known && d->record != RECORD_PRESENT) {
		look_up(d);
		is_known = is_check(d, doc);
	}
	if (!is_known)
		return 0;
	if (json_write(&text, doc->root, e))
		return -1;
	d->exec.asked = arena_strdup(
		d->arena, SHA256Data((const uint8_t *)strbuf_text(&text), text.len, hex));
	d->facts.is_health_check = true;
	return 0;
}
