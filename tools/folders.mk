# The folders, lowest first, and what each may include besides itself and
# base/ (docs/architecture.md).  Read by the Makefile, for linking, and by
# tools/lint, for the folder-direction check.
FOLDERS := base conf store templates proof queue mailer tracker api portal server

MAY_base :=
MAY_conf :=
MAY_store := conf
MAY_templates := conf
MAY_proof := store templates conf
MAY_queue := proof store templates conf
MAY_mailer := queue proof store templates conf
MAY_tracker := proof store templates conf
MAY_api := tracker mailer queue proof store templates conf
MAY_portal := tracker mailer queue proof store templates conf
MAY_server := portal api tracker mailer queue proof store templates conf
