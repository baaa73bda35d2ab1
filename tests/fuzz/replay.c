#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The main program of a fuzz target where libFuzzer is absent: runs it over
 * every file of the corpus directory given, and says so in TAP. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static void
replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0, cap = 0;

	if (!f) {
		printf("Bail out! %s: %s\n", path, strerror(errno));
		exit(1);
	}
	do {
		if (size == cap) {
			cap = cap ? 2 * cap : 4096;
			data = realloc(data, cap);
			if (!data)
				abort();
		}
		size += fread(data + size, 1, cap - size, f);
	} while (!feof(f) && !ferror(f));
	fclose(f);
	/* A block of just this size, so that ASan sees one byte too far. */
	uint8_t *exact = malloc(size ? size : 1);
	if (!exact)
		abort();
	memcpy(exact, data, size);
	free(data);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static int
is_file(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	struct dirent **list = NULL;
	int n = argc == 2 ? scandir(argv[1], &list, is_file, alphasort) : -1;

	if (n <= 0) {
		printf("1..1\nnot ok 1 - %s holds a corpus\n",
		       argc == 2 ? argv[1] : "(no directory)");
		return 1;
	}
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", argv[1], list[i]->d_name);
		replay(path);
		printf("ok %d - %s\n", i + 1, list[i]->d_name);
		fflush(stdout);
		free(list[i]);
	}
	free(list);
	return 0;
}
