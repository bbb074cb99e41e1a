/*
 * Names and numbers of capabilities, from libcap.
 *
 * Runtimes differ in how freely they read such names (lower case, without CAP_, bare numbers), so
 * ours is exact: what is not spelled as the kernel's header spells it is no capability.
 */
#include "caps.h"

#include <string.h>
#include <sys/capability.h>

#include "text.h"

#define CAPS_MAX 64 /* bits in the kernel's sets */
#define PREFIX "CAP_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

static char names[CAPS_MAX][32];
static const char *words[CAPS_MAX + 1]; /* into names, behind CAP_ */

/* Copy "cap_chown" in upper case; false for the bare numbers that libcap gives beyond its last. */
static bool upper(char *to, size_t size, const char *from)
{
	size_t i;

	if (!text_starts(from, "cap_"))
		return false;
	for (i = 0; from[i]; i++) {
		if (i + 1 >= size)
			return false;
		to[i] = from[i];
		if (to[i] >= 'a' && to[i] <= 'z')
			to[i] ^= 'a' ^ 'A';
	}
	to[i] = '\0';
	return true;
}

static void load_names(void)
{
	if (words[0])
		return;
	for (int number = 0; number < CAPS_MAX; number++) {
		char *name = cap_to_name((cap_value_t)number);
		bool is_known = name && upper(names[number], sizeof(names[number]), name);

		(void)cap_free(name);
		if (!is_known) {
			names[number][0] = '\0';
			return;
		}
		words[number] = names[number] + PREFIX_LEN;
	}
}

int caps_number(const char *name, bool is_loose)
{
	bool has_prefix = name && text_starts(name, PREFIX);

	load_names();
	if (!name || (!has_prefix && !is_loose))
		return -1;
	if (has_prefix)
		name += PREFIX_LEN;
	for (int number = 0; words[number]; number++) {
		/* Every start asks for some hundred: the first letter spares most comparisons. */
		if (words[number][0] == name[0] && strcmp(words[number], name) == 0)
			return number;
	}
	return -1;
}

const char *caps_name(int number)
{
	load_names();
	return number >= 0 && number < CAPS_MAX && names[number][0] ? names[number] : NULL;
}

const char *const *caps_words(void)
{
	load_names();
	return words;
}
