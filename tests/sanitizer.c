#include <dlfcn.h>
#include <stdlib.h>

/* Part of every program of MODE=debug.  Beside ASan, gcc's UBSan reads no
 * log_path and writes to stderr, where a server's finding gets lost; this
 * gives it the path that tools/check watches. */

static void report_to_file(void) __attribute__((constructor));

static void
report_to_file(void)
{
	const char *path = getenv("SANITIZER_LOG");
	void *ubsan = dlopen("libubsan.so.1", RTLD_LAZY | RTLD_NOLOAD);
	void (*set_path)(const char *) = NULL;

	if (!path || !ubsan)
		return;
	/* POSIX's way to make a function of what dlsym() gives. */
	*(void **)(&set_path) = dlsym(ubsan, "__sanitizer_set_report_path");
	if (set_path)
		set_path(path);
}

/* What fontconfig keeps of the fonts for each thread, once. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}
