#include "tests/unit/request_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { CEILING_TOKENS = 8000 };

static struct codec_target target_of(const struct request_row *row)
{
    struct codec_target target = translation_target(row->to);

    switch (row->target) {
    case TARGET_NEW:
        break;
    case TARGET_CEILING:
        target.max_output_tokens = CEILING_TOKENS;
        target.traits.thinking = THINKING_BUDGET;
        break;
    case TARGET_BUDGET:
        target.traits.thinking = THINKING_BUDGET;
        break;
    case TARGET_NO_SAMPLING:
        target.traits.sampling = SAMPLING_NONE;
        break;
    case TARGET_OLD:
        target.traits.sampling = SAMPLING_ONE;
        target.traits.structured_output = STRUCTURED_TOOL;
        break;
    case TARGET_PLAIN:
        target.traits.structured_output = STRUCTURED_NONE;
        target.traits.thinking = THINKING_NONE;
        target.traits.image_urls = false;
        break;
    case TARGET_SYSTEM_TURNS:
        target.traits.system_turns = true;
        break;
    }
    return target;
}

void check_requests(struct translations *translations, const struct request_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct request_row *row = &rows[i];
        const struct codec_target target = target_of(row);
        struct translated_request done = translate_request(translations, row->from, row->to,
                                                           &target, span_of(row->body));

        if (done.err != row->err)
            fail_msg("%d is not %d, at %.*s, of\n%s", done.err, row->err,
                     SPAN_FMT(text_span(&done.notes->param)), row->body);
        assert_text(text_span(&done.notes->dropped), span_of(row->dropped));
        if (row->err == 0)
            assert_text(done.out, span_of(row->wanted));
        else
            assert_text(text_span(&done.notes->param), span_of(row->param));
    }
}
