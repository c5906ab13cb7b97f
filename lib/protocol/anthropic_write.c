/* A request for a provider: all but its messages, tools and figures. */
#include "lib/base/err.h"
#include "lib/protocol/anthropic_inner.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"

enum { USER_BYTES_MAX = 256 };

void anthropic_add_string(struct text *out, struct span name, struct span raw)
{
    text_add(out, SPAN(",\""));
    text_add(out, name);
    text_add(out, SPAN("\":\""));
    text_add(out, raw);
    text_add_char(out, '"');
}

void anthropic_add_value(struct text *out, struct span name, struct span raw)
{
    text_add(out, SPAN(",\""));
    text_add(out, name);
    text_add(out, SPAN("\":"));
    text_add(out, raw);
}

static void write_stops(const struct anthropic_writing *writing)
{
    const struct hub_request *request = writing->request;
    bool has_one = false;

    for (uint32_t i = 0; i < request->stop_count; i++) {
        /* A stop sequence of white space is refused. */
        if (hub_is_blank(request->stops[i])) {
            (void)hub_drop_field(writing->notes, HUB_FIELD_STOPS);
            continue;
        }
        text_add(writing->out, has_one ? SPAN(",\"") : SPAN(",\"stop_sequences\":[\""));
        text_add(writing->out, request->stops[i]);
        text_add_char(writing->out, '"');
        has_one = true;
    }
    if (has_one)
        text_add_char(writing->out, ']');
}

static void write_user(const struct anthropic_writing *writing)
{
    struct span user = writing->request->user;

    if (user.len == 0)
        return;
    if (user.len > USER_BYTES_MAX) {
        (void)hub_drop_field(writing->notes, HUB_FIELD_USER);
        return;
    }
    text_add(writing->out, SPAN(",\"metadata\":{\"user_id\":\""));
    text_add(writing->out, user);
    text_add(writing->out, SPAN("\"}"));
}

static void write_service_tier(const struct anthropic_writing *writing)
{
    struct span tier = writing->request->service_tier;

    if (hub_equal(tier, SPAN("auto")))
        text_add(writing->out, SPAN(",\"service_tier\":\"auto\""));
    else if (hub_equal(tier, SPAN("default")))
        text_add(writing->out, SPAN(",\"service_tier\":\"standard_only\""));
    else if (tier.len > 0)
        (void)hub_drop_field(writing->notes, HUB_FIELD_SERVICE_TIER);
}

/** A penalty of 0 is none. */
static int check_penalty(const struct anthropic_writing *writing, struct span penalty,
                         enum hub_field field)
{
    double value;

    if (penalty.len == 0 || (hub_number(penalty, &value) && value > -1e-9 && value < 1e-9))
        return 0;
    return hub_refuse_field(writing->notes, field, SPAN("The provider has no such penalty."));
}

static int check_format(const struct anthropic_writing *writing)
{
    const struct hub_request *request = writing->request;
    uint8_t structured = writing->target->traits.structured_output;

    if (request->format == HUB_FORMAT_TEXT)
        return 0;
    if (request->format == HUB_FORMAT_JSON)
        return hub_refuse_field(writing->notes, HUB_FIELD_FORMAT,
                                SPAN("The provider needs a schema for JSON."));
    if (structured == STRUCTURED_NONE)
        return hub_refuse_field(writing->notes, HUB_FIELD_FORMAT,
                                SPAN("The model takes no schema for its answer."));
    if (structured == STRUCTURED_TOOL && request->tools != NULL)
        return hub_refuse_field(writing->notes, HUB_FIELD_FORMAT,
                                SPAN("The model takes a schema or tools, not both."));
    return 0;
}

static int check(const struct anthropic_writing *writing)
{
    const struct hub_request *request = writing->request;
    int err = check_penalty(writing, request->frequency_penalty, HUB_FIELD_FREQUENCY_PENALTY);

    if (err == 0)
        err = check_penalty(writing, request->presence_penalty, HUB_FIELD_PRESENCE_PENALTY);
    if (err == 0)
        err = check_format(writing);
    if (err == 0 && request->seed.len > 0)
        err = hub_drop_field(writing->notes, HUB_FIELD_SEED);
    return err;
}

int anthropic_write_request(struct region *memory, struct hub_request *request,
                            const struct codec_target *target, struct hub_notes *notes,
                            struct text *out)
{
    struct anthropic_writing writing = {
        .memory = memory,
        .request = request,
        .target = target,
        .notes = notes,
        .out = out,
    };
    int err = check(&writing);

    if (err != 0)
        return err;
    request->json_tool = request->format == HUB_FORMAT_SCHEMA &&
                         target->traits.structured_output == STRUCTURED_TOOL;
    text_add(out, SPAN("{\"model\":"));
    text_add_json(out, target->upstream_model);
    err = anthropic_write_system(&writing);
    if (err == 0)
        err = anthropic_write_messages(&writing);
    if (err == 0)
        err = anthropic_write_tools(&writing);
    if (err == 0)
        err = anthropic_write_figures(&writing);
    if (err != 0)
        return err;
    write_stops(&writing);
    write_user(&writing);
    write_service_tier(&writing);
    if (request->stream)
        text_add(out, SPAN(",\"stream\":true"));
    text_add_char(out, '}');
    if (notes->err != 0)
        return notes->err;
    return out->err != 0 ? ERR_NO_MEMORY : 0;
}
