/**
 * The commands that have options of their own, once: from these tables come the parser, the help,
 * the completion and the requests to the admin API.
 *
 *   weir NOUN VERB [ARGUMENT] [OPTION]…       `backup` is a noun without a verb
 *
 * A new command is one row here; one that only maps to a request needs nothing else. Those that
 * make no request read a configuration, or ask a gateway as its clients do.
 */
#ifndef WEIR_TOOLS_ADMIN_TABLE_H
#define WEIR_TOOLS_ADMIN_TABLE_H

#include "lib/base/span.h"

#include <stdint.h>

/** What an option's value looks like, and what becomes of it in a request. */
enum admin_form {
    ADMIN_FORM_SWITCH,   /* no value; true */
    ADMIN_FORM_TEXT,     /* a string */
    ADMIN_FORM_LIST,     /* A,B,… ; a list of strings, the empty value an empty one */
    ADMIN_FORM_MODELS,   /* `all`, or such a list */
    ADMIN_FORM_TIME,     /* a date or time, or `never`, which is null */
    ADMIN_FORM_DURATION, /* 90, 90s, 15m, 24h, 7d; seconds */
    ADMIN_FORM_COUNT,    /* digits */
    ADMIN_FORM_WORD,     /* one of those in `value`, between bars */
    ADMIN_FORM_FILE,     /* a path */
};

/** Where it goes. */
enum admin_place {
    ADMIN_PLACE_BODY,  /* a member of the JSON body */
    ADMIN_PLACE_QUERY, /* a parameter */
    ADMIN_PLACE_OWNER, /* the path: whose grants */
    ADMIN_PLACE_LOCAL, /* the command itself */
};

/** X(NAME, option, word of its value, form, place, word in the request, sentence) */
#define ADMIN_OPTION_MAP(X)                                                                        \
    X(NAME, "--name", "ID", TEXT, BODY, "name", "its name; one is made up when none is given")     \
    X(USER, "--user", "NAME", TEXT, BODY, "user", "the user it belongs to; '' for none")           \
    X(GROUP, "--group", "NAME", TEXT, BODY, "group", "the group it belongs to; '' for none")       \
    X(ALLOWED, "--models", "A,B|all", MODELS, BODY, "allowed_models",                              \
      "restrict it to these of its owner's models; all: to none")                                  \
    X(EXPIRES, "--expires", "DATE", TIME, BODY, "expires",                                         \
      "when it ends: 2027-01-01, 2027-01-01T12:00:00Z, or never")                                  \
    X(SCOPES, "--scopes", "LIST", LIST, BODY, "scopes", "what it is for: of list,call,admin")      \
    X(DISPLAY, "--display", "TEXT", TEXT, BODY, "display", "what people call it")                  \
    X(MODELS, "--models", "A,B|all", MODELS, BODY, "models", "the models that are granted")        \
    X(GROUPS, "--groups", "A,B", LIST, BODY, "groups", "the groups that the user is in")           \
    X(DISABLED, "--disabled", "", SWITCH, BODY, "disabled", "refused until it is enabled")         \
    X(GRACE, "--grace", "TIME", DURATION, BODY, "grace",                                           \
      "how long the old text works too: 90s, 15m, 24h, 7d; at most 90d")                           \
    X(OF_USER, "--user", "NAME", TEXT, OWNER, "users", "the user's grants")                        \
    X(OF_GROUP, "--group", "NAME", TEXT, OWNER, "groups", "the group's grants")                    \
    X(OF_KEY, "--key", "NAME", TEXT, OWNER, "keys", "the models that the key is restricted to")    \
    X(GRANT_ALL, "--all", "", SWITCH, BODY, "all", "all models, in place of MODEL")                \
    X(TAKE_ALL, "--all", "", SWITCH, QUERY, "all",                                                 \
      "the grant of all models; those granted singly stay")                                        \
    X(ONLY_USER, "--user", "NAME", TEXT, QUERY, "user", "only keys of this user")                  \
    X(ONLY_GROUP, "--group", "NAME", TEXT, QUERY, "group", "only keys of this group")              \
    X(STATE, "--state", "active|disabled|expired|revoked", WORD, QUERY, "state",                   \
      "only keys in this state")                                                                   \
    X(AFTER, "--after", "NAME", TEXT, QUERY, "after", "only those behind this name")               \
    X(LIMIT, "--limit", "N", COUNT, QUERY, "limit", "at most so many; all unless given")           \
    X(CASCADE, "--cascade", "", SWITCH, QUERY, "cascade", "revoke the keys that belong to it too") \
    X(IF_VERSION, "--if-version", "N", COUNT, LOCAL, "",                                           \
      "only if it is in this version, as `show` tells")                                            \
    X(FROM, "--from", "LINE", COUNT, LOCAL, "", "skip what stands before this line")               \
    X(KEEP_GOING, "--keep-going", "", SWITCH, LOCAL, "",                                           \
      "tell of bad lines and go on, instead of stopping")                                          \
    X(YES, "--yes", "", SWITCH, LOCAL, "", "do not ask")                                           \
    X(NO_WAIT, "--no-wait", "", SWITCH, LOCAL, "",                                                 \
      "do not wait until every worker knows the change")                                           \
    X(JSON, "--json", "", SWITCH, LOCAL, "", "print what the admin API answers")                   \
    X(CONFIG, "--config", "FILE", FILE, LOCAL, "", "the configuration that names the socket")      \
    X(OF_PROVIDER, "--provider", "KIND", TEXT, LOCAL, "", "only models of this kind of provider")  \
    X(CAPABILITY, "--capability", "reasoning|attachments|tools", WORD, LOCAL, "",                  \
      "only models that can do this; in a narrow table CAP has R, A and T")                        \
    X(KIND, "--kind", "chat|embedding|image", WORD, LOCAL, "", "only models of this kind")         \
    X(FOR_KEY, "--key", "NAME", TEXT, LOCAL, "",                                                   \
      "only what this key may list; - reads its text from standard input, '' is no key")           \
    X(URL, "--url", "URL", TEXT, LOCAL, "",                                                        \
      "ask the gateway there, with the key in $WEIR_API_KEY, instead of reading a file")           \
    X(SECRETS, "--secrets", "", SWITCH, LOCAL, "",                                                 \
      "references that cannot be resolved here are errors, not warnings")                          \
    X(DEFAULTS, "--defaults", "", SWITCH, LOCAL, "",                                               \
      "every setting with its default, range and meaning, as a file that loads")                   \
    X(LISTEN, "--listen", "HOST:PORT", TEXT, LOCAL, "",                                            \
      "a numeric address; 127.0.0.1:9301 unless given; port 0: a free one")                        \
    X(PACE, "--pace-ms", "N", COUNT, LOCAL, "",                                                    \
      "the pause between the words of a stream; 30 unless given; at most 60000")                   \
    X(AS_JSON, "--json", "", SWITCH, LOCAL, "", "print JSON")                                      \
    X(FROM_CONFIG, "--config", "FILE", FILE, LOCAL, "",                                            \
      "the configuration; /etc/weir/weir.yaml unless given")                                       \
    X(SOCKET, "--socket", "PATH", FILE, LOCAL, "", "the admin API's socket")                       \
    X(CONTROL, "--socket", "PATH", FILE, LOCAL, "",                                                \
      "the control socket; /run/weir/control.sock unless given")

enum admin_option {
#define X(name, ...) ADMIN_OPTION_##name,
    ADMIN_OPTION_MAP(X) ADMIN_OPTION_COUNT,
#undef X
};

/** A set of options. */
#define ADMIN_OPT(NAME) (UINT64_C(1) << ADMIN_OPTION_##NAME)

struct admin_option_row {
    const char *word;  /* "--user" */
    const char *value; /* "NAME"; empty: it takes none */
    enum admin_form form;
    enum admin_place place;
    const char *member;
    const char *sentence;
};

extern const struct admin_option_row admin_options[ADMIN_OPTION_COUNT];

/** What is done with the answer. */
enum admin_show {
    ADMIN_SHOW_LIST,   /* page after page of rows */
    ADMIN_SHOW_ENTITY, /* its members, one a line */
    ADMIN_SHOW_SECRET, /* the text of a key, and nothing else */
    ADMIN_SHOW_GRANTS, /* one model a line */
    ADMIN_SHOW_DONE,   /* a sentence */
    ADMIN_SHOW_IMPORT, /* a file in, a report out */
    ADMIN_SHOW_BACKUP, /* into a file */
    ADMIN_SHOW_MODELS, /* no request from here on: a table of models */
    ADMIN_SHOW_MODEL,  /* one of them */
    ADMIN_SHOW_WHY,    /* the rules that decide */
    ADMIN_SHOW_DIFF,   /* two configurations */
    ADMIN_SHOW_OTHER,  /* what a command of its own prints */
};

struct admin_command {
    const char *noun;
    const char *verb;     /* empty: the noun is the command */
    const char *argument; /* "NAME"; "[NAME]" may be left out; "A B": two; empty: there is none */
    const char *method;
    const char *path;   /* `{}` is the argument, `{owner}` is whose grants */
    const char *member; /* of the body: takes the argument when the path does not */
    const char *body;   /* further members, as they are sent: "\"disabled\":true" */
    uint64_t options;
    enum admin_show show;
    const char *done;     /* ADMIN_SHOW_DONE: what has happened to it */
    const char *question; /* asked before, `{}` is the argument; NULL: nothing is destroyed */
    const char *sentence;
};

extern const struct admin_command admin_commands[];
extern const uint32_t admin_command_count;

/** @return NULL: there is none */
const struct admin_command *admin_command_find(const char *noun, const char *verb);

/** What stands in the help above a noun's verbs; NULL: no such noun. */
const char *admin_noun_sentence(const char *noun);

/** How many arguments must be given, and may be? */
unsigned admin_command_needs(const struct admin_command *command);
unsigned admin_command_takes(const struct admin_command *command);

#endif
