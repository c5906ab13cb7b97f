/** The one vocabulary of errors: name, HTTP status and sentence of everything that can go wrong. */
#ifndef WEIR_BASE_ERR_H
#define WEIR_BASE_ERR_H

/**
 * X(name, HTTP status, code in an error body, sentence)
 *
 * A function that can fail returns 0 or one of these as a negative number (ERR_name). The status
 * is what a client sees when a request ends with the error; 0 means no client ever sees it. The
 * sentence holds no secret and no address.
 */
#define ERR_MAP(X)                                                                                 \
    X(NONE, 200, "", "success")                                                                    \
    X(NO_MEMORY, 503, "overloaded", "The gateway is out of memory.")                               \
    X(NO_SPACE, 500, "internal_error", "A fixed-size area is full.")                               \
    X(IO, 500, "internal_error", "A system call failed.")                                          \
    X(CORRUPT, 500, "internal_error", "Stored or received bytes do not have the expected form.")   \
    X(VERSION, 500, "internal_error", "Stored or received bytes have another version.")            \
    X(TIMEOUT, 504, "timeout", "The time limit passed.")                                           \
    X(AGAIN, 503, "overloaded", "Not now; try again.")                                             \
    X(NOT_FOUND, 404, "not_found", "There is no such thing.")                                      \
    X(INVALID, 400, "invalid_value", "A value is not accepted.")                                   \
    X(EXISTS, 409, "already_exists", "The name is taken.")                                         \
    X(IN_USE, 409, "in_use", "Something that refers to it, or its state, does not allow this.")    \
    X(REVOKED, 409, "key_revoked", "The key is revoked, and that is final.")                       \
    X(CONFLICT, 412, "version_conflict", "It was changed meanwhile.")                              \
    X(DISK_FULL, 507, "storage_full", "The disk is full.")                                         \
    X(DATABASE, 503, "database_unavailable", "The database cannot be used now.")                   \
    X(REPEATED, 422, "idempotency_key_reused", "Another request had this idempotency key.")        \
    X(MEDIA_TYPE, 415, "unsupported_media_type", "The body must be application/json.")             \
    X(UNKNOWN_MEMBER, 400, "unknown_member", "The request has a member that is not known here.")   \
    X(CONFIG, 0, "", "The configuration has errors.")                                              \
    X(NEEDS_RESTART, 0, "", "This cannot change without a restart.")                               \
    X(NOT_READY, 503, "not_ready", "No registry has been published yet.")                          \
    X(BAD_REQUEST, 400, "bad_request", "The HTTP request is malformed.")                           \
    X(HEAD_TOO_LARGE, 431, "head_too_large", "The request head is larger than the gateway takes.") \
    X(TARGET_TOO_LONG, 414, "target_too_long",                                                     \
      "The request target is longer than the gateway takes.")                                      \
    X(BODY_TOO_LARGE, 413, "request_too_large", "The body is larger than the gateway takes.")      \
    X(BODY_MEMORY, 503, "overloaded", "The gateway has no room for more request bodies now.")      \
    X(REQUEST_TIMEOUT, 408, "request_timeout", "The request did not arrive in time.")              \
    X(HTTP_VERSION, 505, "http_version", "Only HTTP/1.0 and HTTP/1.1 are spoken here.")            \
    X(METHOD_UNKNOWN, 501, "method_unknown", "The gateway does not know this method.")             \
    X(EXPECTATION, 417, "expectation_failed", "The only expectation met here is 100-continue.")    \
    X(NO_ROUTE, 404, "not_found", "There is nothing at this path.")                                \
    X(METHOD, 405, "method_not_allowed", "This path does not take this method.")                   \
    X(API_VERSION, 400, "invalid_version", "`anthropic-version` is none that is spoken here.")     \
    X(API_VERSION_REPEATED, 400, "invalid_version",                                                \
      "The request carries `anthropic-version` more than once.")                                   \
    X(NO_CREDENTIAL, 401, "invalid_api_key", "No API key was given.")                              \
    X(CREDENTIALS_DIFFER, 401, "invalid_api_key", "The request carries different API keys.")       \
    X(UNKNOWN_KEY, 401, "invalid_api_key", "The API key is not valid.")                            \
    X(KEY_EXPIRED, 401, "invalid_api_key", "The API key has expired.")                             \
    X(KEY_DISABLED, 401, "invalid_api_key", "The API key is disabled.")                            \
    X(KEY_REVOKED, 401, "invalid_api_key", "The API key has been revoked.")                        \
    X(HALF_PAIR, 401, "invalid_api_key", "An ID token and an App Check token go together.")        \
    X(BAD_TOKEN, 401, "invalid_api_key", "The ID token or the App Check token is not valid.")      \
    X(TOKEN_EXPIRED, 401, "invalid_api_key", "The ID token or the App Check token has expired.")   \
    X(STALE_KEYS, 401, "invalid_api_key", "The keys that prove tokens are too old to be used.")    \
    X(BAD_SESSION, 401, "invalid_api_key", "The session is not valid: sign in again.")             \
    X(SESSION_ENDED, 401, "invalid_api_key", "The session has ended: sign in again.")              \
    X(NO_SESSIONS, 503, "sessions_unavailable", "Nobody can sign in here now.")                    \
    X(FOREIGN_FORM, 403, "foreign_form", "The form was not sent by a page of this gateway.")       \
    X(PLAIN_HTTP, 403, "https_required", "Signing in takes https here.")                           \
    X(FORM_TYPE, 415, "unsupported_media_type", "The body must be a form.")                        \
    X(BAD_FORM, 400, "bad_form", "The form is malformed.")                                         \
    X(SCOPE, 403, "insufficient_permissions", "The API key has no scope for this call.")           \
    X(UNKNOWN_MODEL, 404, "model_not_found", "There is no such model.")                            \
    X(NOT_GRANTED, 403, "model_not_allowed", "The API key has no grant for this model.")           \
    X(BAD_JSON, 400, "invalid_json", "The request body is not valid JSON.")                        \
    X(NO_MODEL, 400, "missing_model", "The request body names no model.")                          \
    X(BAD_MODEL, 400, "invalid_model", "`model` must be one string.")                              \
    X(DUPLICATE_MODEL, 400, "duplicate_model", "The request body names `model` more than once.")   \
    X(TOO_MANY_VALUES, 400, "too_many_values",                                                     \
      "The request body holds more JSON values than the gateway takes.")                           \
    X(UNTRANSLATABLE, 400, "unsupported_value",                                                    \
      "The provider behind the model cannot be asked for this.")                                   \
    X(PROTOCOL, 400, "unsupported_protocol", "The model is not served in this protocol.")          \
    X(TOO_MANY_CALLS, 503, "overloaded", "The gateway has as many calls open as it takes.")        \
    X(DRAINING, 503, "overloaded", "The gateway is stopping.")                                     \
    X(CLIENT_GONE, 499, "client_gone", "The client closed the connection.")                        \
    X(CLIENT_SLOW, 499, "client_slow", "The client did not read the answer in time.")              \
    X(UPSTREAM_RESOLVE, 502, "upstream_unreachable", "The provider's name does not resolve.")      \
    X(UPSTREAM_CONNECT, 502, "upstream_unreachable", "The provider cannot be reached.")            \
    X(UPSTREAM_TLS, 502, "upstream_unreachable", "The provider's certificate is not accepted.")    \
    X(UPSTREAM_PROTOCOL, 502, "upstream_error", "The provider's answer is malformed.")             \
    X(UPSTREAM_CUT, 502, "upstream_error", "The provider cut the answer short.")                   \
    X(UPSTREAM_AUTH, 502, "upstream_auth_error", "The provider refused the gateway's key.")        \
    X(UPSTREAM_MODEL, 502, "upstream_model_error", "The provider does not know the model.")        \
    X(UPSTREAM_TIMEOUT, 504, "upstream_timeout", "The provider did not answer in time.")           \
    X(UPSTREAM_OPEN, 503, "upstream_unavailable", "No deployment of the model accepts calls now.") \
    X(UPSTREAM_REJECTED, 400, "upstream_rejected", "The provider refused the request.")            \
    X(UPSTREAM_TOO_LARGE, 413, "request_too_large", "The request is too large for the provider.")  \
    X(UPSTREAM_BUSY, 429, "rate_limit_exceeded", "The provider takes no more requests now.")       \
    X(UPSTREAM_OVERLOADED, 503, "overloaded", "The provider is overloaded.")                       \
    X(UPSTREAM_FAILED, 502, "upstream_error", "The provider failed.")                              \
    X(UPSTREAM_AUTH_PENDING, 503, "upstream_auth_pending",                                         \
      "The gateway has no token for the provider now.")                                            \
    X(INTERNAL, 500, "internal_error", "The gateway failed.")

enum err_ordinal {
#define X(name, status, code, text) ERR_ORDINAL_##name,
    ERR_MAP(X) ERR_ORDINAL_COUNT,
#undef X
};

enum err {
#define X(name, status, code, text) ERR_##name = -ERR_ORDINAL_##name,
    ERR_MAP(X)
#undef X
};

/** Symbolic name, e.g. "UNKNOWN_MODEL". Never NULL, also for 0 and for numbers that are no error. */
const char *err_name(int err);

/** Sentence for an error body or a log line. Never NULL. */
const char *err_text(int err);

/** The `code` of an error body, e.g. "model_not_found". Never NULL; empty where no client sees it. */
const char *err_code(int err);

/** HTTP status that answers a request which ended with `err`; 500 for numbers that are no error. */
int err_http_status(int err);

#endif
