/*
 * Which mantlet wrote a record.
 *
 * A package is upgraded, or rolled back, while containers run, and their records stay. The controls
 * of the two versions may differ, so a record of another version can lack what this one needs
 * without being damaged. The version alone does not tell: two builds of one version may differ, and
 * two versions may have the same controls. So the tables are part of the answer.
 */
#include "state_maker.h"

#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "strbuf.h"

/* With the NUL, so that no two lists of words read alike. */
static void add_text(struct strbuf *all, const char *text)
{
	strbuf_add(all, text, strlen(text) + 1);
}

static void add_setting(struct strbuf *all, const struct setting *setting)
{
	uint8_t type = (uint8_t)setting->type;

	add_text(all, setting->key);
	strbuf_add(all, &type, sizeof(type));
	for (const char *const *word = setting->words; word && *word; word++)
		add_text(all, *word);
}

const char *state_maker(void)
{
	/* Record and plan ask for it at every start. */
	static char maker[sizeof(MANTLET_VERSION) + 1 + 12];
	char hex[SHA256_DIGEST_STRING_LENGTH];
	auto_strbuf struct strbuf all = { 0 };

	if (maker[0])
		return maker;
	for (const struct control *const *control = controls; *control; control++) {
		add_text(&all, (*control)->id);
		for (const struct setting *row = (*control)->settings; row && row->key; row++)
			add_setting(&all, row);
	}
	(void)SHA256Data((const uint8_t *)all.data, all.len, hex);
	(void)snprintf(maker, sizeof(maker), MANTLET_VERSION " %.12s", hex);
	return maker;
}
