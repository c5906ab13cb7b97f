#include "tools/admin_table.h"

const struct admin_option_row admin_options[ADMIN_OPTION_COUNT] = {
#define X(name, word, value, form, place, member, sentence) \
    {word, value, ADMIN_FORM_##form, ADMIN_PLACE_##place, member, sentence},
    ADMIN_OPTION_MAP(X)
#undef X
};

#define COMMON  (ADMIN_OPT(JSON) | ADMIN_OPT(CONFIG) | ADMIN_OPT(SOCKET))
#define CHANGE  (COMMON | ADMIN_OPT(NO_WAIT))
#define EXACT   (CHANGE | ADMIN_OPT(IF_VERSION))
#define DESTROY (EXACT | ADMIN_OPT(YES))
#define PAGES   (COMMON | ADMIN_OPT(AFTER) | ADMIN_OPT(LIMIT))
#define OWNER   (ADMIN_OPT(OF_USER) | ADMIN_OPT(OF_GROUP) | ADMIN_OPT(OF_KEY))
#define KEY_FIELDS                                                                  \
    (ADMIN_OPT(USER) | ADMIN_OPT(GROUP) | ADMIN_OPT(ALLOWED) | ADMIN_OPT(EXPIRES) | \
     ADMIN_OPT(SCOPES))
#define GROUP_FIELDS (ADMIN_OPT(DISPLAY) | ADMIN_OPT(MODELS))
#define USER_FIELDS  (GROUP_FIELDS | ADMIN_OPT(GROUPS))

#define DISABLE "\"disabled\":true"
#define ENABLE  "\"disabled\":false"

/* X(noun, verb, argument, method, path, member, body, options, show, done, question, sentence) */
#define SUBJECT_COMMANDS(X, things, thing, fields)                                                \
    X(things, "add", "NAME", "POST", "/admin/" things, "name", "",                                \
      CHANGE | (fields) | ADMIN_OPT(DISABLED), DONE, "added", NULL, "add a " thing)               \
    X(things, "list", "", "GET", "/admin/" things, "", "", PAGES, LIST, "", NULL, "list " things) \
    X(things, "show", "NAME", "GET", "/admin/" things "/{}", "", "", COMMON, ENTITY, "", NULL,    \
      "show a " thing)                                                                            \
    X(things, "update", "NAME", "PATCH", "/admin/" things "/{}", "", "", EXACT | (fields), DONE,  \
      "changed", NULL, "change what is given; lists are replaced as wholes")                      \
    X(things, "disable", "NAME", "PATCH", "/admin/" things "/{}", "", DISABLE, EXACT, DONE,       \
      "disabled", NULL, "refuse the keys of a " thing " until it is enabled")                     \
    X(things, "enable", "NAME", "PATCH", "/admin/" things "/{}", "", ENABLE, EXACT, DONE,         \
      "enabled", NULL, "let a " thing " that was disabled call again")                            \
    X(things, "remove", "NAME", "DELETE", "/admin/" things "/{}", "", "",                         \
      DESTROY | ADMIN_OPT(CASCADE), DONE, "removed", "Remove the " thing " \"{}\"?",              \
      "remove a " thing "; refused while keys belong to it")

#define KEY_COMMANDS(X)                                                                            \
    X("keys", "create", "", "POST", "/admin/keys", "", "",                                         \
      CHANGE | KEY_FIELDS | ADMIN_OPT(NAME) | ADMIN_OPT(DISABLED), SECRET, "created", NULL,        \
      "create a key; its text is printed, this once")                                              \
    X("keys", "list", "", "GET", "/admin/keys", "", "",                                            \
      PAGES | ADMIN_OPT(ONLY_USER) | ADMIN_OPT(ONLY_GROUP) | ADMIN_OPT(STATE), LIST, "", NULL,     \
      "list keys")                                                                                 \
    X("keys", "show", "NAME", "GET", "/admin/keys/{}", "", "", COMMON, ENTITY, "", NULL,           \
      "show a key; its text is not kept anywhere")                                                 \
    X("keys", "update", "NAME", "PATCH", "/admin/keys/{}", "", "", EXACT | KEY_FIELDS, DONE,       \
      "changed", NULL, "change what is given; lists are replaced as wholes")                       \
    X("keys", "disable", "NAME", "PATCH", "/admin/keys/{}", "", DISABLE, EXACT, DONE, "disabled",  \
      NULL, "refuse a key until it is enabled")                                                    \
    X("keys", "enable", "NAME", "PATCH", "/admin/keys/{}", "", ENABLE, EXACT, DONE, "enabled",     \
      NULL, "accept a key again that was disabled")                                                \
    X("keys", "rotate", "NAME", "POST", "/admin/keys/{}/rotate", "", "",                           \
      DESTROY | ADMIN_OPT(GRACE), SECRET, "rotated",                                               \
      "Replace the text of the key \"{}\"? The old one ends at once (see --grace).",               \
      "give a key a new text, which is printed, this once")                                        \
    X("keys", "revoke", "NAME", "POST", "/admin/keys/{}/revoke", "", "", DESTROY, DONE, "revoked", \
      "Revoke the key \"{}\" for ever?",                                                           \
      "refuse a key for ever and end its calls; also one of the configuration")                    \
    X("keys", "remove", "NAME", "DELETE", "/admin/keys/{}", "", "", DESTROY, DONE, "removed",      \
      "Remove the key \"{}\"?", "forget a key; a revoked one stays refused")                       \
    X("keys", "import", "FILE", "POST", "/admin/keys/import", "", "",                              \
      CHANGE | ADMIN_OPT(FROM) | ADMIN_OPT(KEEP_GOING), IMPORT, "", NULL,                          \
      "take over keys from a file: CSV or JSON lines, `-` is standard input")

#define GRANT_COMMANDS(X)                                                                       \
    X("grants", "add", "[MODEL]", "POST", "/admin/{owner}/grants", "model", "",                 \
      EXACT | OWNER | ADMIN_OPT(GRANT_ALL), DONE, "granted", NULL, "grant a model, or all")     \
    X("grants", "remove", "[MODEL]", "DELETE", "/admin/{owner}/grants/{}", "", "",              \
      EXACT | OWNER | ADMIN_OPT(TAKE_ALL), DONE, "not granted any more", NULL,                  \
      "take a grant away")                                                                      \
    X("grants", "list", "", "GET", "/admin/{owner}/grants", "", "", COMMON | OWNER, GRANTS, "", \
      NULL, "list what is granted: models, or all")

#define READING (ADMIN_OPT(AS_JSON) | ADMIN_OPT(FROM_CONFIG))

#define READING_COMMANDS(X)                                                        \
    X("models", "list", "", "", "", "", "",                                        \
      READING | ADMIN_OPT(OF_PROVIDER) | ADMIN_OPT(CAPABILITY) | ADMIN_OPT(KIND) | \
          ADMIN_OPT(FOR_KEY) | ADMIN_OPT(URL),                                     \
      MODELS, "", NULL, "list the enabled models, in the order of the listings")   \
    X("models", "show", "SLUG", "", "", "", "", READING, MODEL, "", NULL,          \
      "show a model, its deployments, prices and grants")                          \
    X("why", "", "KEY SLUG", "", "", "", "", READING, WHY, "", NULL,               \
      "say why a key may call a model, or may not; KEY as of `models list --key`") \
    X("diff", "", "FILE", "", "", "", "", READING, DIFF, "", NULL,                 \
      "say what would change if the file took the configuration's place")

#define OTHER_COMMANDS(X)                                                 \
    X("backup", "", "FILE", "GET", "/admin/backup", "", "",               \
      ADMIN_OPT(YES) | ADMIN_OPT(CONFIG) | ADMIN_OPT(SOCKET), BACKUP, "", \
      "Replace the file \"{}\"?",                                         \
      "copy the directory's database into a file, while the gateway runs")

#define CONTROL (ADMIN_OPT(CONFIG) | ADMIN_OPT(CONTROL))

#define PROCESS_COMMANDS(X)                                                                     \
    X("check", "", "", "", "", "", "", ADMIN_OPT(SECRETS) | ADMIN_OPT(FROM_CONFIG), OTHER, "",  \
      NULL, "load the configuration without serving, and tell every error and warning")         \
    X("config", "", "", "", "", "", "", ADMIN_OPT(DEFAULTS), OTHER, "", NULL, "print settings") \
    X("status", "", "", "", "", "", "", ADMIN_OPT(AS_JSON) | CONTROL, OTHER, "", NULL,          \
      "show the processes of the running gateway, and what they have counted")                  \
    X("reload", "", "", "", "", "", "", CONTROL, OTHER, "", NULL,                               \
      "load the configuration into the running gateway, and wait until every worker uses it")   \
    X("demo-upstream", "", "", "", "", "", "", ADMIN_OPT(LISTEN) | ADMIN_OPT(PACE), OTHER, "",  \
      NULL,                                                                                     \
      "run a model server for trying weir out: OpenAI's chat completions and Anthropic's "      \
      "messages, streaming and not, answered with a few sentences")                             \
    X("version", "", "", "", "", "", "", 0, OTHER, "", NULL, "print the version")

const struct admin_command admin_commands[] = {
#define X(noun, verb, argument, method, path, member, body, options, show, done, question, \
          sentence)                                                                        \
    {noun, verb,    argument,          method, path,     member,                           \
     body, options, ADMIN_SHOW_##show, done,   question, sentence},
    KEY_COMMANDS(X) SUBJECT_COMMANDS(X, "users", "user", USER_FIELDS)
        SUBJECT_COMMANDS(X, "groups", "group", GROUP_FIELDS) GRANT_COMMANDS(X) OTHER_COMMANDS(X)
            READING_COMMANDS(X) PROCESS_COMMANDS(X)
#undef X
};

const uint32_t admin_command_count = sizeof(admin_commands) / sizeof(admin_commands[0]);

static const struct {
    const char *noun;
    const char *sentence;
} nouns[] = {
    {"keys", "the keys of the directory: create, change, revoke, import"},
    {"users", "the users of the directory"},
    {"groups", "the groups of the directory"},
    {"grants", "which models a user, a group or a key may call"},
    {"backup", "copy the directory's database into a file"},
    {"models", "the models of a configuration, or of a gateway"},
    {"why", "why a key may call a model, or may not"},
    {"diff", "what a new configuration would change"},
    {"check", "load the configuration"},
    {"config", "print settings"},
    {"status", "processes and counters"},
    {"reload", "load the configuration into the running gateway"},
    {"demo-upstream", "a small model server"},
    {"version", "the version"},
};

const struct admin_command *admin_command_find(const char *noun, const char *verb)
{
    for (uint32_t i = 0; i < admin_command_count; i++) {
        if (strcmp(admin_commands[i].noun, noun) == 0 && strcmp(admin_commands[i].verb, verb) == 0)
            return &admin_commands[i];
    }
    return NULL;
}

const char *admin_noun_sentence(const char *noun)
{
    for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
        if (strcmp(nouns[i].noun, noun) == 0)
            return nouns[i].sentence;
    }
    return NULL;
}

unsigned admin_command_takes(const struct admin_command *command)
{
    if (command->argument[0] == '\0')
        return 0;
    return strchr(command->argument, ' ') == NULL ? 1 : 2;
}

unsigned admin_command_needs(const struct admin_command *command)
{
    return command->argument[0] == '[' ? 0 : admin_command_takes(command);
}
