#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/*
 * Functions that no file may name; the build puts this header before every
 * file (-include base/banned.h).  The headers that declare them come first,
 * since a poisoned name may not be declared any more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Macros in clang's fortified headers; naming them now is an error too. */
#undef strcpy
#undef strcat
#undef sprintf
#undef strncpy
#undef strtok
#undef gmtime
#undef localtime
#undef atoi

#pragma GCC poison strcpy strcat sprintf strncpy strtok gmtime localtime atoi

#endif
