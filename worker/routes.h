/** Which path and method is which handler; the same table answers 404 and 405. */
#ifndef WEIR_WORKER_ROUTES_H
#define WEIR_WORKER_ROUTES_H

#include "lib/dialect/dialect.h"
#include "lib/wire/http_request.h"
#include "shm/layout.h"
#include "worker/operation.h"

/**
 * X(NAME, path, form of the path, handler, what a listing or a call speaks, dialect of its errors)
 *
 * A `*` in a path stands for one segment, in a MIDDLE for any number of them; a VERB is a model and
 * one of ROUTE_VERB_MAP behind its last colon. The first row that fits decides; the ones that are
 * asked for most stand first.
 */
#define ROUTE_MAP(X)                                                                               \
    X(MODELS, "/v1/models", WHOLE, LISTING, BY_HEADERS, OPENAI)                                    \
    X(V1_GEMINI_CALL, "/v1/models/", VERB, CALL, PROTOCOL_GEMINI, GEMINI)                          \
    X(MODEL, "/v1/models/", REST, MODEL, BY_HEADERS, OPENAI)                                       \
    X(CHAT_COMPLETIONS, "/v1/chat/completions", WHOLE, CALL, PROTOCOL_OPENAI, OPENAI)              \
    X(MESSAGES, "/v1/messages", WHOLE, CALL, PROTOCOL_ANTHROPIC, ANTHROPIC)                        \
    X(MESSAGES_COUNT, "/v1/messages/count_tokens", WHOLE, TOKENS, PROTOCOL_ANTHROPIC, ANTHROPIC)   \
    X(HEALTHZ, "/healthz", WHOLE, HEALTH, 0, OPENAI)                                               \
    X(READYZ, "/readyz", WHOLE, READY, 0, OPENAI)                                                  \
    X(SIGNIN, "/signin", WHOLE, SIGNIN, 0, TEXT)                                                   \
    X(SIGNOUT, "/signout", WHOLE, SIGNOUT, 0, TEXT)                                                \
    X(CREDIT_MODELS, "/models", WHOLE, LISTING, BY_ACCEPT, CREDIT)                                 \
    X(FILTERABLE_MODELS, "/api/models", WHOLE, LISTING, DIALECT_FILTERABLE, OPENAI)                \
    X(OPENROUTER_MODELS, "/api/v1/models", WHOLE, LISTING, DIALECT_OPENROUTER, OPENROUTER)         \
    X(OPENROUTER_USER_MODELS, "/api/v1/models/user", WHOLE, LISTING, DIALECT_OPENROUTER,           \
      OPENROUTER)                                                                                  \
    X(OPENROUTER_COUNT, "/api/v1/models/count", WHOLE, COUNT, DIALECT_OPENROUTER, OPENROUTER)      \
    X(OPENROUTER_ENDPOINTS, "/api/v1/models/*/endpoints", MIDDLE, MODEL,                           \
      DIALECT_OPENROUTER_ENDPOINTS, OPENROUTER)                                                    \
    X(OPENROUTER_MODEL, "/api/v1/model/", REST, MODEL, DIALECT_OPENROUTER, OPENROUTER)             \
    X(OPENROUTER_ONE_OF_MODELS, "/api/v1/models/", REST, MODEL, DIALECT_OPENROUTER, OPENROUTER)    \
    X(CODEX_MODELS, "/backend-api/codex/models", WHOLE, LISTING, DIALECT_CODEX, OPENAI)            \
    X(CODEX_V1_MODELS, "/backend-api/codex/v1/models", WHOLE, LISTING, DIALECT_CODEX, OPENAI)      \
    X(OPENAI_MODELS, "/gateway/openai/v1/models", WHOLE, LISTING, DIALECT_OPENAI, OPENAI)          \
    X(OPENAI_MODEL, "/gateway/openai/v1/models/", REST, MODEL, DIALECT_OPENAI, OPENAI)             \
    X(OPENAI_CHAT_COMPLETIONS, "/gateway/openai/v1/chat/completions", WHOLE, CALL,                 \
      PROTOCOL_OPENAI, OPENAI)                                                                     \
    X(ANTHROPIC_MESSAGES, "/gateway/anthropic/v1/messages", WHOLE, CALL, PROTOCOL_ANTHROPIC,       \
      ANTHROPIC)                                                                                   \
    X(ANTHROPIC_MESSAGES_COUNT, "/gateway/anthropic/v1/messages/count_tokens", WHOLE, TOKENS,      \
      PROTOCOL_ANTHROPIC, ANTHROPIC)                                                               \
    X(ANTHROPIC_MODELS, "/gateway/anthropic/v1/models", WHOLE, LISTING, BY_VERSION, ANTHROPIC)     \
    X(ANTHROPIC_MODEL, "/gateway/anthropic/v1/models/", REST, MODEL, BY_VERSION, ANTHROPIC)        \
    X(CLAUDE_MESSAGES, "/claude/v1/messages", WHOLE, CALL, PROTOCOL_ANTHROPIC, ANTHROPIC)          \
    X(CLAUDE_MESSAGES_COUNT, "/claude/v1/messages/count_tokens", WHOLE, TOKENS,                    \
      PROTOCOL_ANTHROPIC, ANTHROPIC)                                                               \
    X(CLAUDE_MODELS, "/claude/v1/models", WHOLE, LISTING, BY_VERSION, ANTHROPIC)                   \
    X(CLAUDE_MODEL, "/claude/v1/models/", REST, MODEL, BY_VERSION, ANTHROPIC)                      \
    X(GEMINI_MODELS, "/v1beta/models", WHOLE, LISTING, DIALECT_GEMINI, GEMINI)                     \
    X(GEMINI_CALL, "/v1beta/models/", VERB, CALL, PROTOCOL_GEMINI, GEMINI)                         \
    X(GEMINI_MODEL, "/v1beta/models/", REST, MODEL, DIALECT_GEMINI, GEMINI)                        \
    X(GATEWAY_GEMINI_MODELS, "/gateway/gemini/v1beta/models", WHOLE, LISTING, DIALECT_GEMINI,      \
      GEMINI)                                                                                      \
    X(GATEWAY_GEMINI_CALL, "/gateway/gemini/v1beta/models/", VERB, CALL, PROTOCOL_GEMINI, GEMINI)  \
    X(GATEWAY_GEMINI_MODEL, "/gateway/gemini/v1beta/models/", REST, MODEL, DIALECT_GEMINI, GEMINI) \
    X(VERSION_GEMINI_MODELS, "/gemini/*/models", WHOLE, LISTING, DIALECT_GEMINI, GEMINI)           \
    X(VERSION_GEMINI_CALL, "/gemini/*/models/", VERB, CALL, PROTOCOL_GEMINI, GEMINI)               \
    X(VERSION_GEMINI_MODEL, "/gemini/*/models/", REST, MODEL, DIALECT_GEMINI, GEMINI)              \
    X(HOME, "/", WHOLE, HOME, 0, OPENAI)                                                           \
    X(CONNECT, "/connect", WHOLE, WEB, 0, OPENAI)                                                  \
    X(ASSET, "/assets/", REST, ASSET, 0, OPENAI)

enum route {
#define X(name, ...) ROUTE_##name,
    ROUTE_MAP(X) ROUTE_COUNT,
#undef X
};

/** X(verb of Gemini's, what it asks for) */
#define ROUTE_VERB_MAP(X)             \
    X("generateContent", GENERATE)    \
    X("streamGenerateContent", ARRAY) \
    X("countTokens", COUNT_TOKENS)

/** Who answers. Calls and forms take POST, all others GET and HEAD. */
enum route_handler {
    HANDLER_LISTING,
    HANDLER_COUNT, /* how many models a listing has */
    HANDLER_MODEL,
    HANDLER_CALL,
    HANDLER_TOKENS, /* a call that counts tokens */
    HANDLER_HEALTH,
    HANDLER_READY,
    HANDLER_SIGNIN,
    HANDLER_SIGNOUT,
    HANDLER_HOME, /* on to the first page */
    HANDLER_WEB,  /* a page for people */
    HANDLER_ASSET,
};

struct route_match {
    enum route route;
    enum route_handler handler;
    enum error_dialect errors;   /* set for every request, found or not */
    enum wire_protocol protocol; /* of a call */
    enum call_operation operation;
    enum dialect dialect; /* of a listing */
    struct span rest;     /* or middle, or model; still percent-encoded */
    struct span refused;  /* the version, the one that ERR_API_VERSION is about */
};

/**
 * @return 0; ERR_NO_ROUTE; ERR_METHOD (then `out` says which route it would have been);
 *         ERR_API_VERSION for an `anthropic-version` that nobody speaks here;
 *         ERR_API_VERSION_REPEATED where one is read and there are two, also equal ones
 */
int routes_find(const struct http_request *request, struct route_match *out);

/** Whose errors a request for that path gets, also when nothing else of it is known. */
enum error_dialect routes_errors(struct span path);

/** The value of `Allow` for a route. */
struct span routes_allow(enum route route);

#endif
