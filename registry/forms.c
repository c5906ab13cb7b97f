#include "registry/forms.h"

#include "lib/base/names.h"
#include "registry/scalars.h"
#include "shm/layout.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { PORT_MAX = 65535, VERSION_PARTS_MAX = 4 };

_Static_assert((int)NAME_SLUG_BYTES_MAX == (int)LAYOUT_SLUG_BYTES_MAX, "a slug fits a row");

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool has_control(struct span text, const char *allowed)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        if ((byte < 0x20 && !is_one_of(text.ptr[i], allowed)) || byte == 0x7f)
            return true;
    }
    return false;
}

const char *form_slug(struct span text)
{
    return name_check_slug(text);
}

const char *form_id(struct span text)
{
    return name_check_id(text);
}

const char *form_word(struct span text)
{
    return name_check_id(text);
}

const char *form_line(struct span text)
{
    return name_check_line(text);
}

const char *form_prose(struct span text)
{
    if (text.len > FORM_PROSE_BYTES_MAX)
        return "is longer than 4096 bytes";
    return has_control(text, "\n\t") ? "must not hold control characters" : NULL;
}

const char *form_path(struct span text)
{
    if (text.len == 0 || text.ptr[0] != '/')
        return "must be an absolute path";
    return form_line(text);
}

const char *form_version(struct span text)
{
    static const char sentence[] = "must be a version such as 1.2.0";
    unsigned parts = 0;

    while (text.len > 0 && parts < VERSION_PARTS_MAX) {
        const char *dot = memchr(text.ptr, '.', text.len);
        struct span part = dot == NULL ? text : span_from(text.ptr, dot);
        uint64_t number;

        if (scalar_count(part, &number) != 0)
            return sentence;
        parts++;
        if (dot == NULL)
            return NULL;
        text = span_skip(text, part.len + 1);
    }
    return sentence;
}

const char *form_image(struct span text)
{
    if (text.len == 0 || text.len > FORM_IMAGE_BYTES_MAX || !is_alnum(text.ptr[0]))
        return "must be a size, a quality, or both with a / between them";
    for (size_t i = 0; i < text.len; i++) {
        if (!is_alnum(text.ptr[i]) && !is_one_of(text.ptr[i], "._/-"))
            return "must be a size, a quality, or both with a / between them";
    }
    return NULL;
}

const char *form_secret(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        if (byte <= 0x20 || byte >= 0x7f)
            return "the secret holds a character that cannot stand in a header";
    }
    return NULL;
}

static bool is_port(struct span text)
{
    uint64_t port = 0;

    return scalar_count(text, &port) == 0 && port >= 1 && port <= PORT_MAX;
}

static bool is_numeric_host(struct span host, int family)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (host.len >= sizeof(text))
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(family, text, &address) == 1;
}

/* Splits at the colon after the host; a bracketed IPv6 address keeps its own colons. */
static void split_port(struct span text, struct span *host, struct span *port)
{
    const char *colon = memrchr(text.ptr, ':', text.len);
    const char *bracket = memrchr(text.ptr, ']', text.len);

    if (colon == NULL || (bracket != NULL && colon < bracket)) {
        *host = text;
        *port = (struct span){NULL, 0};
        return;
    }
    *host = span_from(text.ptr, colon);
    *port = span_from(colon, text.ptr + text.len);
}

static bool is_bracketed(struct span host)
{
    return host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
}

static struct span inside(struct span bracketed)
{
    return (struct span){bracketed.ptr + 1, bracketed.len - 2};
}

static bool is_host_name(struct span host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (!is_alnum(host.ptr[i]) && !is_one_of(host.ptr[i], ".-_"))
            return false;
    }
    return host.len > 0;
}

static const char *check_authority(struct span authority)
{
    struct span host;
    struct span port;

    if (authority.len == 0)
        return "names no host";
    if (memchr(authority.ptr, '@', authority.len) != NULL)
        return "must not hold a user or a password";
    split_port(authority, &host, &port);
    if (port.len > 0 && !is_port(span_skip(port, 1)))
        return "has a port that is not a number from 1 to 65535";
    if (is_bracketed(host) ? !is_numeric_host(inside(host), AF_INET6) : !is_host_name(host))
        return "has a host that is neither a name nor an address";
    return NULL;
}

const char *form_base_url(struct span text)
{
    struct span rest;

    if (span_starts_with(text, SPAN("https://")))
        rest = span_skip(text, 8);
    else if (span_starts_with(text, SPAN("http://")))
        rest = span_skip(text, 7);
    else
        return "must begin with http:// or https://";
    if (text.len > FORM_URL_BYTES_MAX)
        return "is longer than 512 bytes";
    for (size_t i = 0; i < rest.len; i++) {
        if ((unsigned char)rest.ptr[i] <= 0x20 || (unsigned char)rest.ptr[i] >= 0x7f)
            return "must be printable ASCII without blanks";
        if (is_one_of(rest.ptr[i], "?#"))
            return "must not hold a query or a fragment";
    }
    const char *slash = rest.len == 0 ? NULL : memchr(rest.ptr, '/', rest.len);
    return check_authority(slash == NULL ? rest : span_from(rest.ptr, slash));
}

/* Who answers at a loopback address is on this host: nobody else reads or changes what goes there. */
static const char *check_safe_url(struct span text, const char *unsafe)
{
    const char *wrong = form_base_url(text);
    struct span host;
    struct span port;

    if (wrong != NULL || span_starts_with(text, SPAN("https://")))
        return wrong;
    struct span rest = span_skip(text, 7);
    const char *slash = memchr(rest.ptr, '/', rest.len);
    split_port(slash == NULL ? rest : span_from(rest.ptr, slash), &host, &port);
    if (span_equal(host, SPAN("[::1]")) ||
        (span_starts_with(host, SPAN("127.")) && is_numeric_host(host, AF_INET)))
        return NULL;
    return unsafe;
}

const char *form_keys_url(struct span text)
{
    return check_safe_url(text,
                          "must begin with https://: http is for loopback addresses only, because "
                          "who changes the keys on their way can sign any token");
}

const char *form_token_url(struct span text)
{
    return check_safe_url(text,
                          "must begin with https://: http is for loopback addresses only, because "
                          "who reads an assertion on its way can get tokens for it");
}

const char *form_claim(struct span text)
{
    if (text.len > FORM_CLAIM_BYTES_MAX)
        return "is longer than 256 bytes";
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= 0x20 || (unsigned char)text.ptr[i] >= 0x7f)
            return "must be printable ASCII without blanks";
    }
    return NULL;
}

const char *form_address(struct span text)
{
    struct span host;
    struct span port;

    if (text.len == 0 || text.len >= SETTINGS_ADDRESS_BYTES)
        return "must be an address and a port such as 127.0.0.1:8080 or [::1]:8080";
    split_port(text, &host, &port);
    if (port.len == 0 || !is_port(span_skip(port, 1)))
        return "must end with a port from 1 to 65535";
    if (is_bracketed(host) ? is_numeric_host(inside(host), AF_INET6)
                           : is_numeric_host(host, AF_INET))
        return NULL;
    return "must be an address and a port such as 127.0.0.1:8080 or [::1]:8080";
}
