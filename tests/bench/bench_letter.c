#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "mailer/compose.h"
#include "queue/customers.h"
#include "queue/invoices.h"
#include "store/writer.h"

/*
 * What a mail worker's composing costs a core, from the store to the bytes:
 * the customer, the notice and an invoice of three lines are read, and a
 * reminder is made of them with tracked links and pixel, without a signature.
 */

#define MESSAGES 5000

static const char text[] =
    "general { hostname = \"acuse.h.example\" origin = \"acuse.h.example/log\" "
    "}\n"
    "brand \"default\" { id = 1 title = \"H\" from_address = \"b@h.example\" "
    "return_domain = \"r.h.example\" public_url = \"https://n.h.example\" "
    "locale = \"es_AR\" time_zone = \"UTC\" policy = \"default\" "
    "route = \"mx\" tracking_basis = \"contract\" "
    "link_hosts = {\"h.example\"} }\n"
    "policy \"default\" { time_zone = \"UTC\"\n"
    "step \"reminder-1\" { at = \"due-10d\" template = \"reminder\" } }\n";

static const char body[] =
    "{\"lines\":[{\"amount\":\"12345.67\",\"description\":\"Hosting Pro\","
    "\"from\":\"2027-11-21\",\"quantity\":\"1\",\"to\":\"2027-12-20\"},"
    "{\"amount\":\"200.00\",\"description\":\"Dominio\",\"quantity\":\"1\"},"
    "{\"amount\":\"100.00\",\"description\":\"Correo\",\"quantity\":\"2\"}],"
    "\"pay_url\":\"https://h.example/pay/1042?a=1&b=2\"}";

struct bench {
	char dir[64], path[96];
	const struct conf *conf;
	struct queue q;
	struct materials *materials;
	struct db *db; /* a reader */
	struct arena a;
	struct message m;
};

static struct err error;

static void
must(enum rc rc)
{
	if (rc)
		die("%s: %s", error.pointer, error.text);
}

static void
fill(struct bench *b, struct db *db)
{
	struct contact k = {.id = SLICE("k1"),
			    .role = SLICE("billing"),
			    .email = SLICE("ana@cliente.example"),
			    .since = DATE_NONE};
	struct customer c = {.id = SLICE("c1"),
			     .brand = SLICE("default"),
			     .name = SLICE("Ana P\u00e9rez"),
			     .locale = SLICE("es_AR"),
			     .time_zone = SLICE("UTC"),
			     .groups = SLICE("[]"),
			     .contacts = &k,
			     .contacts_n = 1};
	struct invoice i = {.id = SLICE("1042"),
			    .customer = SLICE("c1"),
			    .number = SLICE("PF-1042"),
			    .status = INVOICE_OPEN,
			    .total = {1264567, "ARS"},
			    .balance = {1264567, "ARS"},
			    .issued_on = DATE_NONE,
			    .due_on = (int32_t)(clock_wall_us() / DAY_US) + 40,
			    .charge_on = DATE_NONE,
			    .retry_on = DATE_NONE,
			    .objected_due = DATE_NONE,
			    .body = slice_z(body)};
	struct invoice_result result;
	struct notice *list, *first;
	bool created;
	size_t n;

	must(customers_put(&b->q, db, &c, &b->a, &created, &error));
	must(invoices_put(&b->q, db, &i, &b->a, &result, &error));
	must(notice_list_invoice(db, i.id, &b->a, &list, &n, &error));
	first = &list[0];
	must(outbox_make(&b->q, db, &c, &k, &first, 1, &b->m, &error));
}

static void
setup(struct bench *b)
{
	struct db *db;
	uint32_t id;

	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/acuse-bench-XXXXXX");
	if (mkdtemp(b->dir) == NULL)
		die("mkdtemp");
	(void)snprintf(b->path, sizeof(b->path), "%s/acuse.db", b->dir);
	arena_init(&b->a, 64u << 20);
	must(conf_parse(slice_z(text), "/bench/acuse.conf", &b->conf, &error));
	b->q.conf = conf_box_new(conf_ref(b->conf));
	b->q.instance = 1;
	must(keyring_create(b->dir, 1, &id, &error));
	must(materials_load(b->conf, b->dir, &b->materials, &error));
	must(db_create(b->path, &error));
	must(db_open(b->path, DB_WRITE, &db, &error));
	must(db_begin(db, &error));
	fill(b, db);
	must(db_commit(db, &error));
	db_close(db);
	must(db_open(b->path, DB_READ, &b->db, &error));
}

static void
clean_up(struct bench *b)
{
	char command[128];

	db_close(b->db);
	materials_release(b->materials);
	conf_box_free(b->q.conf);
	conf_unref(b->conf);
	arena_fini(&b->a);
	(void)snprintf(command, sizeof(command), "rm -rf %s", b->dir);
	if (system(command) != 0)
		printf("# %s is left\n", b->dir);
}

static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

int
main(void)
{
	static struct bench b;
	struct composer c;
	struct composed out = {.bytes = {NULL, 0}};
	struct compose_room room;
	int64_t start_us;

	setup(&b);
	c = (struct composer){.conf = b.conf,
			      .materials = b.materials,
			      .db = b.db,
			      .now_us = clock_wall_us()};
	compose_room_init(&room);
	start_us = cpu_us();
	for (int i = 0; i < MESSAGES; i++)
		must(compose(&c, &b.m, &room, &out, &error));
	start_us = cpu_us() - start_us;
	printf("# %zu bytes a message\n", out.bytes.n);
	printf("compose.from_store %.0f messages/s\n",
	       MESSAGES * 1e6 / (double)start_us);
	compose_room_fini(&room);
	clean_up(&b);
	return 0;
}
