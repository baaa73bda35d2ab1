#ifndef MAILER_MATERIALS_H
#define MAILER_MATERIALS_H

#include "base/token.h"
#include "conf/conf.h"
#include "mailer/dkim.h"
#include "mailer/verdict.h"
#include "templates/catalog.h"

/* What mail is made with besides the configuration: token keys, templates,
 * DKIM keys, rules for replies.  Immutable, counted, loaded anew on reload. */
struct materials;

/* Reads keys from STATE/keys ("dkim-NNNN-SELECTOR.pem" by brand number) and
 * templates.  Broken token keys are left out where each brand has a whole one
 * that is active.  Fails: RC_IO, RC_INVALID, RC_NOTFOUND, naming the file. */
enum rc materials_load(const struct conf *conf, const char *state_dir,
		       struct materials **out, struct err *e) MUST_USE;
/* The same with other token keys; takes keys.  Fails: RC_NOTFOUND (a brand has
 * none). */
enum rc materials_with_keys(struct materials *m, struct keyring *keys,
			    struct materials **out, struct err *e) MUST_USE;
struct materials *materials_hold(struct materials *m); /* Thread: any */
void materials_release(struct materials *m);

/* Its parts.  Owns: the materials. */
const struct keyring *materials_keys(const struct materials *m);
const struct catalog *materials_catalog(const struct materials *m);
struct verdict_rules *materials_verdicts(const struct materials *m);

/* A brand's DKIM keys; 0 where it does not sign. */
size_t materials_dkim(const struct materials *m, uint16_t brand,
		      const struct dkim_key **out);

/* Path of a DKIM key's file. */
void materials_dkim_path(const char *state_dir, uint16_t brand,
			 const char *selector, struct sbuf *out);

/* The ones in force. */
struct materials_box;
struct materials_box *materials_box_new(struct materials *m); /* takes it */
void materials_box_free(struct materials_box *b);
struct materials *materials_box_get(struct materials_box *b); /* a hold */
void materials_box_set(struct materials_box *b, struct materials *m);

#endif
