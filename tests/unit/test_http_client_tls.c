/* Whom a client trusts. Certificates are made at test time. */
#include "tests/unit/client_fixture.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

/** The file with the authority's certificate, and what the upstream shows. */
static struct {
    char ca_file[64];
    struct identity authority;
    SSL_CTX *context;
    SSL *ssl;
} tls;

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* Signed by `issuer`, or by itself. */
static struct identity make_identity(const char *name, const char *alternative,
                                     const struct identity *issuer)
{
    static long serial = 1;
    struct identity made = {EVP_EC_gen("P-256"), X509_new()};
    X509_NAME *subject = X509_get_subject_name(made.certificate);

    assert_non_null(made.key);
    X509_set_version(made.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), 3600);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(made.certificate,
                         issuer == NULL ? subject : X509_get_subject_name(issuer->certificate));
    X509_set_pubkey(made.certificate, made.key);
    add_extension(made.certificate, NID_basic_constraints,
                  issuer == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (alternative != NULL)
        add_extension(made.certificate, NID_subject_alt_name, alternative);
    assert_true(X509_sign(made.certificate, issuer == NULL ? made.key : issuer->key, EVP_sha256()) >
                0);
    return made;
}

static void free_identity(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
    *identity = (struct identity){NULL, NULL};
}

static int tls_setup(void **state)
{
    (void)state;
    tls.authority = make_identity("authority", NULL, NULL);
    snprintf(tls.ca_file, sizeof(tls.ca_file), "/tmp/weir-test-ca-XXXXXX");
    int fd = mkstemp(tls.ca_file);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_int_equal(PEM_write_X509(file, tls.authority.certificate), 1);
    fclose(file);
    client_setup_with(tls.ca_file);
    unlink(tls.ca_file);
    return new_endpoint("https://127.0.0.1", &cx.endpoint);
}

static int tls_teardown(void **state)
{
    int err = client_teardown(state);

    SSL_free(tls.ssl);
    SSL_CTX_free(tls.context);
    free_identity(&tls.authority);
    memset(&tls, 0, sizeof(tls));
    return err;
}

static void upstream_shows(const char *alternative, const struct identity *issuer)
{
    struct identity shown = make_identity("upstream", alternative, issuer);

    tls.context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(tls.context, shown.certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(tls.context, shown.key), 1);
    free_identity(&shown);
}

static void begin_handshake(void)
{
    upstream_accepts();
    SSL_free(tls.ssl);
    tls.ssl = SSL_new(tls.context);
    SSL_set_fd(tls.ssl, cx.fd);
    assert_int_equal(fcntl(cx.fd, F_SETFL, O_NONBLOCK), 0);
}

static bool has_decrypted(char *text, size_t text_bytes, const char *expected)
{
    size_t len = strlen(text);
    size_t count = 0;

    if (SSL_read_ex(tls.ssl, text + len, text_bytes - len - 1, &count) == 1)
        text[len + count] = '\0';
    return strstr(text, expected) != NULL;
}

static void answer_over_tls(struct test_call *call)
{
    static const char answer[] = OK_HEAD "Content-Length: 2\r\n\r\nok";
    char request[4096] = "";

    RUN_UNTIL(&cx.loop, has_decrypted(request, sizeof(request), "\r\n\r\nx"));
    assert_int_equal(SSL_write(tls.ssl, answer, sizeof(answer) - 1), sizeof(answer) - 1);
    RUN_UNTIL(&cx.loop, call->ends == 1);
}

static void an_upstream_of_the_authority_with_the_right_name_is_trusted(void **state)
{
    (void)state;
    upstream_shows("IP:127.0.0.1", &tls.authority);
    for (int i = 0; i < 2; i++) {
        struct test_call call = {.body = SPAN("x")};

        start_plain(&call);
        if (i == 0) {
            begin_handshake();
            RUN_UNTIL(&cx.loop, SSL_accept(tls.ssl) == 1);
        }
        answer_over_tls(&call);
        assert_int_equal(call.err, 0);
        assert_string_equal(call.got.bytes, "ok");
        call_free(&call);
    }
    assert_int_equal(cx.accepted, 1);
}

static void check_refused(void)
{
    struct test_call call = {.body = SPAN("x")};
    char request[4096] = "";

    start_plain(&call);
    begin_handshake();
    RUN_UNTIL(&cx.loop, (SSL_accept(tls.ssl), call.ends == 1));
    assert_int_equal(call.err, ERR_UPSTREAM_TLS);
    /* Not a byte of the request, and so not the key. */
    assert_false(has_decrypted(request, sizeof(request), "secret"));
    assert_int_equal(strlen(request), 0);
}

static void another_authority_is_not_trusted(void **state)
{
    struct identity other = make_identity("authority", NULL, NULL);

    (void)state;
    upstream_shows("IP:127.0.0.1", &other);
    check_refused();
    free_identity(&other);
}

static void another_name_is_not_trusted(void **state)
{
    (void)state;
    upstream_shows("IP:127.0.0.2,DNS:localhost", &tls.authority);
    check_refused();
}

static void a_handshake_that_does_not_come_ends_in_time(void **state)
{
    struct test_call call = {.body = SPAN("x")};
    struct http_call http = http_call_of(&call);

    (void)state;
    http.connect_ms = 40;
    start(&http);
    upstream_accepts();
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, ERR_UPSTREAM_TIMEOUT);
}

static void an_abort_closes_a_tls_upstream_in_the_same_turn(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    upstream_shows("IP:127.0.0.1", &tls.authority);
    start_plain(&call);
    begin_handshake();
    turn_often();
    http_transfer_abort(&call.transfer);
    assert_true(upstream_is_closed());
}

static void a_file_without_certificates_is_no_configuration(void **state)
{
    static const char *const files[] = {"/nonexistent/ca.pem", "/dev/null"};
    struct http_client *client = NULL;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct http_client_config config = {
            .loop = &cx.loop, .transfers_max = 1, .ca_file = span_of(files[i])};

        assert_int_equal(http_client_new(&config, &client), ERR_CONFIG);
        assert_null(client);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, tls_setup, tls_teardown)
    const struct CMUnitTest tests[] = {
        T(an_upstream_of_the_authority_with_the_right_name_is_trusted),
        T(another_authority_is_not_trusted),
        T(another_name_is_not_trusted),
        T(a_handshake_that_does_not_come_ends_in_time),
        T(an_abort_closes_a_tls_upstream_in_the_same_turn),
        T(a_file_without_certificates_is_no_configuration),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
