/* `weir models list`: what is listed, and from where. */
#include "tools/models.h"

#include "lib/base/err.h"
#include "registry/suggest.h"
#include "tools/offline.h"
#include "tools/tools.h"

#include <stdio.h>

static int refuse_provider(const char *who, const char *word)
{
    char memory[SUGGEST_BYTES_MAX * 2];
    struct suggestion suggestion = suggestion_begin(span_of(word));

    for (uint32_t kind = 0; kind < PROVIDER_KIND_COUNT; kind++)
        suggestion_offer(&suggestion, listed_provider_word(kind));
    const char *hint = suggestion_hint(&suggestion, memory, sizeof(memory));
    fprintf(stderr, "%s: there is no kind of provider \"%s\"%s%s\nkinds:", who, word,
            hint[0] == '\0' ? "" : "; ", hint);
    for (uint32_t kind = 0; kind < PROVIDER_KIND_COUNT; kind++) {
        struct span known = listed_provider_word(kind);

        fprintf(stderr, " %.*s", (int)known.len, known.ptr);
    }
    fputc('\n', stderr);
    return TOOL_USAGE;
}

/* The words were checked against the table of options. */
static uint32_t number_of(const char *word, const char *const *words, uint32_t count)
{
    uint32_t n = 0;

    while (n + 1 < count && strcmp(words[n], word) != 0)
        n++;
    return n;
}

static int read_filter(const char *who, const struct admin_words *words, struct model_filter *out)
{
    *out = (struct model_filter){.provider = words->values[ADMIN_OPTION_OF_PROVIDER]};
    if (out->provider != NULL && !listed_is_provider_word(out->provider))
        return refuse_provider(who, out->provider);
    if (admin_words_have(words, ADMIN_OPT(CAPABILITY)))
        out->capability = 1U << number_of(words->values[ADMIN_OPTION_CAPABILITY],
                                          listed_capability_words, MODEL_CAPABILITY_COUNT);
    if (admin_words_have(words, ADMIN_OPT(KIND))) {
        const uint32_t kind = number_of(words->values[ADMIN_OPTION_KIND], listed_kind_words,
                                        MODEL_KIND_COUNT);

        out->has_kind = true;
        out->kind = (enum model_kind)kind;
    }
    return TOOL_OK;
}

static int refuse_caller(const struct offline *offline, const struct caller *caller,
                         const char *word, int err)
{
    char memory[OFFLINE_HINT_BYTES];

    if (caller->is_anonymous || caller->key != ROW_NONE)
        fprintf(stderr, "%s: %s\n", offline->who, err_text(err));
    else if (strcmp(word, "-") == 0)
        fprintf(stderr, "%s: no key has this text\n", offline->who);
    else
        fprintf(stderr, "%s: there is no key \"%s\"%s\n", offline->who, word,
                offline_key_hint(offline, word, memory));
    return TOOL_FAILED;
}

/* Listing needs the scope of listing, as it does at the gateway. */
static int read_list(const struct offline *offline, const char *key, struct arena *arena,
                     struct model_list *out)
{
    struct access access;
    struct caller caller;

    if (key != NULL) {
        if (!offline_knows_directory(offline))
            return TOOL_FAILED;
        int found = offline_find_caller(offline, key, &caller);
        if (found != TOOL_OK)
            return found;
        int err = offline_identify(offline, &caller, KEY_SCOPE_LIST, &access);
        if (err != 0)
            return refuse_caller(offline, &caller, key, err);
    }
    if (model_list_read(&offline->snapshot, key == NULL ? NULL : &access, arena, out) == 0) {
        model_list_add_sizes(out, offline_data(offline));
        return TOOL_OK;
    }
    fprintf(stderr, "%s: out of memory\n", offline->who);
    return TOOL_FAILED;
}

/* One run of `models list`. */
struct listing {
    const char *who;
    const struct admin_words *words;
    struct model_filter filter;
    struct arena *arena;
};

static int print(const struct listing *listing, struct model_list *list)
{
    const struct terminal terminal = terminal_of(stdout);
    uint32_t kept = 0;
    int err = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        if (listed_matches(&list->rows[i], &listing->filter))
            list->rows[kept++] = list->rows[i];
    }
    list->count = kept;
    if (admin_words_have(listing->words, ADMIN_OPT(AS_JSON)))
        err = model_list_print_json(list, stdout);
    else if (kept > 0)
        err = model_list_print(list, &terminal);
    if (err == 0 && kept == 0)
        fprintf(stderr, "%s: no model matches\n", listing->who);
    if (err == 0 && fflush(stdout) == 0 && ferror(stdout) == 0)
        return TOOL_OK;
    fprintf(stderr, "%s: cannot write the list\n", listing->who);
    return TOOL_FAILED;
}

static int list_file(const struct listing *listing)
{
    const struct admin_words *words = listing->words;
    struct offline offline;
    struct model_list list;
    int result = TOOL_FAILED;

    if (offline_open(&offline, listing->who, words->values[ADMIN_OPTION_FROM_CONFIG]))
        result = read_list(&offline, words->values[ADMIN_OPTION_FOR_KEY], listing->arena, &list);
    if (result == TOOL_OK)
        result = print(listing, &list);
    offline_close(&offline);
    return result;
}

static int list_gateway(const struct listing *listing)
{
    const char *url = listing->words->values[ADMIN_OPTION_URL];
    struct model_list list;

    if (admin_words_have(listing->words, ADMIN_OPT(FOR_KEY) | ADMIN_OPT(FROM_CONFIG))) {
        fprintf(stderr,
                "%s: --url asks a gateway, with the key in $WEIR_API_KEY; --key and --config are "
                "for a file\n",
                listing->who);
        return TOOL_USAGE;
    }
    int result = models_fetch(listing->who, url, listing->arena, &list);
    return result == TOOL_OK ? print(listing, &list) : result;
}

int tool_models(int argc, char **argv)
{
    struct admin_words words;
    char who[ADMIN_WHO_BYTES];
    struct listing listing = {.who = who, .words = &words};
    int result;

    if (!admin_begin(argc, argv, &words, who, &result))
        return result;
    if (words.command->show == ADMIN_SHOW_MODEL)
        return models_show(who, &words);
    result = read_filter(who, &words, &listing.filter);
    if (result != TOOL_OK)
        return result;
    listing.arena = arena_new(MODELS_ARENA_BYTES_MAX);
    if (listing.arena == NULL) {
        fprintf(stderr, "%s: out of memory\n", who);
        return TOOL_FAILED;
    }
    result = admin_words_have(&words, ADMIN_OPT(URL)) ? list_gateway(&listing)
                                                      : list_file(&listing);
    arena_free(&listing.arena);
    return result;
}
