/*
 * A fuzz target over the inputs that once were interesting, without libFuzzer: a test for each file
 * of tests/fuzz/corpus/NAME, where fuzz_NAME is what this program is called.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "tap.h"

static void replay(const char *path, const char *name)
{
	static uint8_t bytes[1 << 20];
	FILE *file = fopen(path, "re");
	size_t len;

	if (!ok(file, "corpus: %s can be read", path))
		return;
	len = fread(bytes, 1, sizeof(bytes), file);
	(void)fclose(file);
	/* Should it end the program, that is the last line. */
	printf("# %s\n", name);
	(void)fflush(stdout);
	ok(LLVMFuzzerTestOneInput(bytes, len) == 0, "corpus: %s", path);
}

int main(void)
{
	const char *name = strchr(program_invocation_short_name, '_');
	struct dirent **list = NULL;
	char dir[64], path[512];
	int count;

	(void)snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", name ? name + 1 : "");
	count = scandir(dir, &list, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			replay(path, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	ok(count > 2, "corpus: %s is not empty", dir);
	return done_testing();
}
