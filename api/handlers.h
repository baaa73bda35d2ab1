#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "tracker/http.h"

/* The handlers that route.c names, each documented by its row there. */

#define SMALL_BODY_MAX ((size_t)64 << 10)
#define CUSTOMER_BODY_MAX ((size_t)256 << 10)
#define INVOICE_BODY_MAX ((size_t)12 << 20)
#define BATCH_BODY_MAX ((size_t)1 << 40) /* its lines are what is bounded */

/* customers.c */
void customer_put_handle(struct http_request *rq);
void customer_get_handle(struct http_request *rq);
void customer_hold_handle(struct http_request *rq);
void customer_consent_handle(struct http_request *rq);
void customer_area_link_handle(struct http_request *rq);
void service_put_handle(struct http_request *rq);
void service_get_handle(struct http_request *rq);

/* log.c */
void customer_log_handle(struct http_request *rq);

/* invoices.c */
void invoice_put_handle(struct http_request *rq);
void invoice_get_handle(struct http_request *rq);
void plan_handle(struct http_request *rq);

/* events.c */
void event_post_handle(struct http_request *rq);
void notice_post_handle(struct http_request *rq);

/* feed.c */
void feed_handle(struct http_request *rq);

/* notices.c */
void notice_get_handle(struct http_request *rq);
void notice_cancel_handle(struct http_request *rq);
void notice_hold_handle(struct http_request *rq);
void notice_resume_handle(struct http_request *rq);
void notice_send_now_handle(struct http_request *rq);

/* messages.c */
void message_list_handle(struct http_request *rq);
void message_get_handle(struct http_request *rq);
void message_events_handle(struct http_request *rq);
void message_content_handle(struct http_request *rq);

/* classify.c */
void message_classify_handle(struct http_request *rq);
void classify_handle(struct http_request *rq);
void agents_get_handle(struct http_request *rq);
void agents_reload_handle(struct http_request *rq);

/* batch.c */
size_t batch_body_handle(struct http_request *rq, struct slice chunk);
void batch_end_handle(struct http_request *rq);
void batch_gone_handle(struct http_request *rq);

/* gate.c */
void gate_post_handle(struct http_request *rq);
void gate_get_handle(struct http_request *rq);

/* queue.c */
void queue_get_handle(struct http_request *rq);
void queue_message_handle(struct http_request *rq);
void queue_hold_handle(struct http_request *rq);
void queue_resume_handle(struct http_request *rq);
void queue_retry_handle(struct http_request *rq);
void queue_cancel_handle(struct http_request *rq);
void sending_pause_handle(struct http_request *rq);
void sending_resume_handle(struct http_request *rq);

/* suppressions.c */
void suppression_list_handle(struct http_request *rq);
void suppression_delete_handle(struct http_request *rq);

/* stats.c */
void stats_handle(struct http_request *rq);

/* key_calls.c */
void key_post_handle(struct http_request *rq);
void key_list_handle(struct http_request *rq);
void key_delete_handle(struct http_request *rq);

/* token_keys.c */
void token_key_list_handle(struct http_request *rq);
void token_key_post_handle(struct http_request *rq);
void token_key_delete_handle(struct http_request *rq);

/* health.c */
void healthz_handle(struct http_request *rq);
void readyz_handle(struct http_request *rq);
void metrics_handle(struct http_request *rq);

/* openapi.c */
void openapi_handle(struct http_request *rq);

#endif
