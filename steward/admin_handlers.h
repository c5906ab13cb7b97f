/** What the routes run. Each is an admin_handler_fn; see admin_routes.h for what it does. */
#ifndef WEIR_STEWARD_ADMIN_HANDLERS_H
#define WEIR_STEWARD_ADMIN_HANDLERS_H

#include "steward/admin_call.h"

admin_handler_fn admin_subject_list;
admin_handler_fn admin_subject_add;
admin_handler_fn admin_subject_show;
admin_handler_fn admin_subject_change;
admin_handler_fn admin_subject_remove;

admin_handler_fn admin_key_list;
admin_handler_fn admin_key_create;
admin_handler_fn admin_key_show;
admin_handler_fn admin_key_change;
admin_handler_fn admin_key_remove;
admin_handler_fn admin_key_rotate;
admin_handler_fn admin_key_revoke;
admin_handler_fn admin_key_revoke_text;
admin_handler_fn admin_key_import;

admin_handler_fn admin_grant_list;
admin_handler_fn admin_grant_add;
admin_handler_fn admin_grant_remove;
admin_handler_fn admin_grant_remove_all;

admin_handler_fn admin_audit_list;
admin_handler_fn admin_status_show;
admin_handler_fn admin_backup_begin;
admin_handler_fn admin_openapi_show;

#endif
