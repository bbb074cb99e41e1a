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
#include <string.h>

#include "control.h"

/* With the NUL, so that no two lists of words read alike. */
static void add_text(SHA2_CTX *sha, const char *text)
{
	SHA256Update(sha, (const uint8_t *)text, strlen(text) + 1);
}

static void add_setting(SHA2_CTX *sha, const struct setting *setting)
{
	uint8_t type = (uint8_t)setting->type;

	add_text(sha, setting->key);
	SHA256Update(sha, &type, sizeof(type));
	for (const char *const *word = setting->words; word && *word; word++)
		add_text(sha, *word);
}

const char *state_maker(struct arena *arena)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX sha;

	SHA256Init(&sha);
	for (const struct control *const *control = controls; *control; control++) {
		add_text(&sha, (*control)->id);
		for (const struct setting *row = (*control)->settings; row && row->key; row++)
			add_setting(&sha, row);
	}
	(void)SHA256End(&sha, hex);
	return arena_printf(arena, MANTLET_VERSION " %.12s", hex);
}
