#include "store/content.h"

#include <pthread.h>
#include <stdio.h>
#define ZSTD_STATIC_LINKING_ONLY /* for one parameter */
#include <zstd.h>

#include "base/embedded.h"

#define LEVEL 1
#define DICTIONARY_NONE 0
#define DICTIONARY 1 /* what is packed with now: store/dictionary/001 */

/* A context a thread: making one anew for each message costs as much as
 * packing it.  Dictionaries are for all. */
static pthread_key_t packer_key, unpacker_key;
static ZSTD_CDict *packing;
static ZSTD_DDict *unpacking[DICTIONARY + 1]; /* by number */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
packer_free(void *p)
{
	(void)ZSTD_freeCCtx(p);
}

static void
unpacker_free(void *p)
{
	(void)ZSTD_freeDCtx(p);
}

static void
dictionaries_load(void)
{
	for (unsigned n = 1; n <= DICTIONARY; n++) {
		const struct embedded_file *f;
		char name[32];

		snprintf(name, sizeof(name), "store/dictionary/%03u", n);
		f = embedded_find(name);
		if (f == NULL)
			die("%s is not in the program", name);
		unpacking[n] = ZSTD_createDDict(f->data, f->size);
		if (n == DICTIONARY)
			packing = ZSTD_createCDict(f->data, f->size, LEVEL);
		if (unpacking[n] == NULL || (n == DICTIONARY && !packing))
			die("%s is not a dictionary of zstd", name);
	}
}

static void
make_ready(void)
{
	if (pthread_key_create(&packer_key, packer_free) ||
	    pthread_key_create(&unpacker_key, unpacker_free))
		die("making thread keys for zstd");
	dictionaries_load();
}

static ZSTD_CCtx *
packer(void)
{
	ZSTD_CCtx *c;

	(void)pthread_once(&once, make_ready);
	c = pthread_getspecific(packer_key);
	if (c)
		return c;
	c = ZSTD_createCCtx();
	if (c == NULL || pthread_setspecific(packer_key, c))
		die("out of memory for zstd");
	(void)ZSTD_CCtx_refCDict(c, packing);
	/* Its tables are looked at where they are; left to itself, zstd copies
	 * them for each of our mails.  A version that knows no such parameter
	 * packs all the same. */
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_forceAttachDict,
				     ZSTD_dictForceAttach);
	return c;
}

static ZSTD_DCtx *
unpacker(void)
{
	ZSTD_DCtx *d;

	(void)pthread_once(&once, make_ready);
	d = pthread_getspecific(unpacker_key);
	if (d)
		return d;
	d = ZSTD_createDCtx();
	if (d == NULL || pthread_setspecific(unpacker_key, d))
		die("out of memory for zstd");
	return d;
}

void
content_pack(struct slice bytes, struct sbuf *out)
{
	size_t bound = ZSTD_compressBound(bytes.n), n;
	char *p;

	sbuf_add_c(out, DICTIONARY);
	p = sbuf_room(out, bound);
	if (p == NULL)
		return;
	n = ZSTD_compress2(packer(), p, bound, bytes.p, bytes.n);
	if (ZSTD_isError(n))
		die("zstd: %s", ZSTD_getErrorName(n));
	out->n += n;
}

enum rc
content_unpack(struct slice packed, struct sbuf *out, struct err *e)
{
	unsigned long long size;
	ZSTD_DCtx *d = unpacker(); /* which loads the dictionaries */
	unsigned dictionary;
	size_t n;
	char *p;

	if (packed.n == 0 || (unsigned char)packed.p[0] > DICTIONARY)
		return err_set(e, RC_IO, "content packed in an unknown way");
	dictionary = (unsigned char)packed.p[0];
	packed = slice_skip(packed, 1);
	size = ZSTD_getFrameContentSize(packed.p, packed.n);
	if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
		return err_set(e, RC_IO, "content is not a zstd frame");
	if (size > CONTENT_MAX)
		return err_set(e, RC_LIMIT, "content of %llu bytes", size);
	p = sbuf_room(out, (size_t)size);
	if (p == NULL && size)
		return err_set(e, RC_LIMIT, "content of %llu bytes", size);
	n = ZSTD_decompress_usingDDict(d, p, (size_t)size, packed.p, packed.n,
				       unpacking[dictionary]);
	if (ZSTD_isError(n) || n != size)
		return err_set(e, RC_IO, "content does not unpack: %s",
			       ZSTD_getErrorName(n));
	out->n += n;
	return RC_OK;
}

enum rc
content_put_packed(struct db *db, int64_t message, struct slice packed,
		   struct err *e)
{
	struct query q;

	query_open(&q, db, STMT_CONTENT_PUT);
	bind_int(&q, 0, message);
	bind_blob(&q, 1, packed);
	return query_run(&q, e);
}

enum rc
content_put(struct db *db, int64_t message, struct slice bytes, struct err *e)
{
	struct sbuf packed;
	enum rc rc;

	sbuf_init(&packed, CONTENT_MAX);
	content_pack(bytes, &packed);
	rc = sbuf_ok(&packed)
		 ? content_put_packed(db, message, sbuf_slice(&packed), e)
		 : err_set(e, RC_LIMIT, "content of %zu bytes", bytes.n);
	sbuf_fini(&packed);
	return rc;
}

enum rc
content_get(struct db *db, int64_t message, struct sbuf *out, struct err *e)
{
	struct query q;
	enum rc rc;

	query_open(&q, db, STMT_CONTENT_GET);
	bind_int(&q, 0, message);
	rc = query_row(&q, e);
	if (rc == RC_OK)
		rc = content_unpack(column_blob(&q, 0), out, e);
	else if (rc == RC_NOTFOUND)
		rc = err_set(e, rc, "that message is not composed yet");
	query_close(&q);
	return rc;
}
