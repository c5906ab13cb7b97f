#include "steward/key_text.h"

#include "lib/base/err.h"

#include <sys/random.h>

enum { RANDOM_BYTES = 32, NAME_CHARACTERS = 16, TEXT_CHARACTERS = 43 };

#define PREFIX "weir_"

static const char base64url[64] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

_Static_assert(sizeof(PREFIX) - 1 + TEXT_CHARACTERS == DIRECTORY_SECRET_BYTES, "length of a key");

/* Short reads happen only above 256 bytes (getrandom(2)). */
static int fill(unsigned char *bytes, size_t count)
{
    return getrandom(bytes, count, 0) == (ssize_t)count ? 0 : ERR_IO;
}

/* Six bits a character; the last one has the four that are left and two zeros. */
static void encode(const unsigned char bytes[static RANDOM_BYTES], char *out)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < RANDOM_BYTES; i++) {
        bits = bits << 8 | bytes[i];
        held += 8;
        while (held >= 6) {
            held -= 6;
            *out++ = base64url[bits >> held & 63];
        }
    }
    *out = base64url[bits << (6 - held) & 63];
}

int key_text_make(struct directory_secret *secret)
{
    unsigned char bytes[RANDOM_BYTES];
    int err = fill(bytes, sizeof(bytes));

    if (err != 0)
        return err;
    memcpy(secret->text, PREFIX, sizeof(PREFIX) - 1);
    encode(bytes, secret->text + sizeof(PREFIX) - 1);
    secret->text[DIRECTORY_SECRET_BYTES] = '\0';
    explicit_bzero(bytes, sizeof(bytes));
    return 0;
}

void directory_secret_wipe(struct directory_secret *secret)
{
    explicit_bzero(secret, sizeof(*secret));
}

int key_text_make_name(char name[static KEY_TEXT_NAME_BYTES])
{
    static const char name_prefix[] = {'k', 'e', 'y', '-'};
    static const char base32[32] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char bytes[NAME_CHARACTERS];
    int err = fill(bytes, sizeof(bytes));

    if (err != 0)
        return err;
    memcpy(name, name_prefix, sizeof(name_prefix));
    for (size_t i = 0; i < NAME_CHARACTERS; i++)
        name[sizeof(name_prefix) + i] = base32[bytes[i] & 31];
    return 0;
}

const char *key_text_check(struct span text)
{
    if (text.len == 0 || text.len > DIRECTORY_KEY_TEXT_BYTES_MAX)
        return "a key's text has from 1 to 512 bytes";
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7f)
            return "a key's text is printable ASCII without blanks";
    }
    return NULL;
}

static bool begins_with_key(struct span bytes)
{
    if (bytes.len < DIRECTORY_SECRET_BYTES)
        return false;
    for (size_t i = sizeof(PREFIX) - 1; i < DIRECTORY_SECRET_BYTES; i++) {
        if (memchr(base64url, bytes.ptr[i], sizeof(base64url)) == NULL)
            return false;
    }
    return true;
}

bool key_text_is_in(struct span bytes)
{
    while (bytes.len >= DIRECTORY_SECRET_BYTES) {
        const char *at = memmem(bytes.ptr, bytes.len, PREFIX, sizeof(PREFIX) - 1);

        if (at == NULL)
            return false;
        bytes = span_skip(bytes, (size_t)(at - bytes.ptr));
        if (begins_with_key(bytes))
            return true;
        bytes = span_skip(bytes, 1);
    }
    return false;
}
