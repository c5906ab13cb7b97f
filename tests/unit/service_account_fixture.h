/**
 * Private keys that are good for nothing but tests, as a credentials file has them: each line end
 * is a backslash and an n. And what `openssl dgst -sha256 -sign` makes with the first one.
 */
#ifndef WEIR_TESTS_SERVICE_ACCOUNT_FIXTURE_H
#define WEIR_TESTS_SERVICE_ACCOUNT_FIXTURE_H

/* RSA, 2048 bits. */
#define FIXTURE_KEY                                                       \
    "-----BEGIN PRIVATE KEY-----\\n"                                      \
    "MIIEuwIBADANBgkqhkiG9w0BAQEFAASCBKUwggShAgEAAoIBAQCn3vTvIwk72LYn\\n" \
    "vxW1fwlDBfseejjb7pz6pppHhvfGrYMB3wCbch+G5CXsmKWSrTS+6iq9OigmR7as\\n" \
    "N5OQgzGX/4Bb7XeZwKeN1DfZ/M6g5D/eLFN2WEkEondylxoYf2l5u4x5wUdszu2F\\n" \
    "46NldrYC8Pa8exobTvV1B4CaEeXiuGJVikwz0Mj5VWj1jgQN79D6WyJLbKeOoUmf\\n" \
    "d7qiAkZ6hEI/00AZ79TR/C1f+woDUQXIPfsOtUPC7Zt7Ac1DJ4tgu80xTB6MvOHx\\n" \
    "j+r+pwPUNXnN7QtheKyl6hyQuEuz+hhAPI8gezwUs3nz4+z8e63V6PYWkmsAasV7\\n" \
    "68s3EOgvAgMBAAECggEADrwewrjQEC06++0lYit27Cejva6bvA5LQCMMire5mvpS\\n" \
    "9ACXhI11X/k5rPVPHztN1G4odziaGpYT3jT4omgpm75lDWygIWJMMsJMbrlmh6/R\\n" \
    "PValss8YBayfEHNb6oeQggtozq0c8FuPdL+g8YCEhGiTN8MUbQ42tGGGs79bbtV8\\n" \
    "8vdpLnVYhCbGakLnGBi1kGNQQbYn9TRqZZXwBSF9oZoEfdFXzKxecEePJ6JHkPyv\\n" \
    "eeF2dRzNeXFZlxFnt3k3U9Ecu7QmU5AJcqpdXz1NuWePioYi87Et3YlzMuncVU8Q\\n" \
    "mnt5UjowvFcCJCMWzfmoyR9kKxXmjbMnJJEjNQPPuQKBgQDcEr75Y8rHW98GkuwP\\n" \
    "bmDGB1hDxOXd2iVtSapIQyVeVV+HYw45AeHJVU71SRHkmNaRZFjWaO49I5e7Ew3i\\n" \
    "evf+nRqIYmesUAU+C9s68dIHDZUHHZIUHqhcPzX/O7dJKtoKXj4bOoW24c1NITl+\\n" \
    "vgibnDl5UxhwzCins9G/qk1wqQKBgQDDRpVKfxg7LdZlL/PYrQHaDx6y9N/DTYh+\\n" \
    "rgkvv1f3bXQHb6KIe+Nze4UJTxNeuSAHBcwpihuN5hRvMhU26KGHgu0ZP59EFCjU\\n" \
    "4qptoCvsqCFDOSuHAucHrLbL5hQ/B3Mk42/U0MaBU2WykYEGFU8DPNwLJmb3+XvS\\n" \
    "GHXoeaYhFwJ/dA1uqBT32imYct8HnRuX7NXytcofbd6b3gX6xiCilBxxQ/P4jBdx\\n" \
    "+boC6VafGO2AOSuxrV+oQpWCbiSeLdCq9pniZAmAol2QZifadDsRhqai8B2n6vQ/\\n" \
    "1GWBFBdpkCwIz27jUXiLCuYIXaQnra6I24aGyHQJb3I5/jXVZj1omQKBgEvQR33Y\\n" \
    "wiuXrDk02NMyuBlU7XJFJ+rHW0rzfpWPEDP7xqRsbwnWL4RSXGA01yxba1fOpGks\\n" \
    "OW5p+V0CcMIUp0HZTvwSe18PBJtCNTDCkssaq29R7thIBDIyl/WpqgqeddHIi05w\\n" \
    "j+D94+nkG9ekxjxXkIazrh5wOeZjoMNVF26ZAoGBALwOwZ2vogw3FrjjU3ai3DSH\\n" \
    "lEAwjPab5g7a1Dd4SoLla0Y9oL1pkc6e8S1rLXzayjqe83R6io0WFWLqVFNXY8dc\\n" \
    "Kh76hYkIYz+jfzWB99KRCKUbOCsmrxomWRSANkQuYfXLCDMJ+IK68fUva8YANgGp\\n" \
    "+w7zolONkXru3I6d0apu\\n"                                             \
    "-----END PRIVATE KEY-----\\n"

/* RSA, 1024 bits: too few. */
#define FIXTURE_SMALL_KEY                                                 \
    "-----BEGIN PRIVATE KEY-----\\n"                                      \
    "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALu28//2VFSrGqXq\\n" \
    "mH0uUTOoKEhVod084b1y8Urg841vKGAjPGLOqGTJD20T+NAEOAJSooAKrcqwLnBo\\n" \
    "FHFdVHm7LOZjYQA0Q0U+9847l3Qbbz1/1SxI1skggizaFoRJ6fAjlbJxP/mplrid\\n" \
    "GIRyg4GnsP7x5qKhofuc68j3XZENAgMBAAECgYB0jtfXmicnI8+6Mn9ZS4dUYhgR\\n" \
    "Qkrtyz4ImvTFIAVbTyhs+bQnTlc1rbsMahhXYic9Gf6ZLwhXESrk1VvMQL2QgBVR\\n" \
    "u/pDKyeSlvELivx4oAvfG4ZeLBePCFHuAD9obEnTnSzqdxOaaAFUIC9oPAkUsZ7v\\n" \
    "YfJkNjWLY+hZEZHEwQJBAOpqeVqy0iVuawzISf4dQ/Y6hlbUpMphZK0Enlb8q3zl\\n" \
    "HjLLZMaPijCf6abKx2Ml/bYIVO90hlnMnBQFQ+kPzmUCQQDM/6mH+2yknK02lDR1\\n" \
    "l3Sf0vk3yfOkuKJxJOqiXscgHpNQrA8pL20FhBmmc1R8AAQic/pp6BNYA9138SUo\\n" \
    "m1mJAkBCVSjL6ogewXUXY+HUP5HIrlzvWzLadd7YOtNXiB46tFbsRrPYoCuZgNbM\\n" \
    "NNthChIWHZtzOwT9ijGsVKUX4TolAkAsghG30XHcJ5w/7luZcGHE1ZSAdVtt1xyF\\n" \
    "vkMnL7bCFYFckY7VHVPpT64WApJEPein5lBnMBkLEgPCp9uuflQpAkEA1R6x/y11\\n" \
    "JLAZQz6oA43wEYP86b0/UCnkVTlUY8iC7ztGrKlgRgyr68wMyuUDcOJJrN1TQw08\\n" \
    "Hw4m98NSoK7bDw==\\n"                                                 \
    "-----END PRIVATE KEY-----\\n"

/* On P-256: no RSA key. */
#define FIXTURE_EC_KEY                                                    \
    "-----BEGIN PRIVATE KEY-----\\n"                                      \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgig/YBugxRCka2u7a\\n" \
    "KMWd8/y/dlqynSKy9FHqsTob0X2hRANCAAQcA9D84u90YRlQz9Pqmn/az+FbjZsL\\n" \
    "3NfRnAMPE6aQsny6/hKJz9AKOu654HvsvXfBFCbPtM2WurhP/moDmgqy\\n"         \
    "-----END PRIVATE KEY-----\\n"

/* The first one behind a passphrase. */
#define FIXTURE_LOCKED_KEY                                                \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\\n"                            \
    "MIIFHTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIkrbaM18vOYcCAggA\\n" \
    "MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAECBBAwOIwC1HyFlx8bcR2qdYJXBIIE\\n" \
    "wKBDo9fcoYd903/VoivdlVPkG5nwWIxoka7b0GwW+JKoabCeh5ew6G7121R7fgkv\\n" \
    "Z9WavLHzYizu9mGhwM+FLtBEmm5uvpsyeph+7lBV2wu5y9lLPopxyKr22mNy9afn\\n" \
    "GliZs1zBiSeb4YlfaImX+oYKPTJnprGoNBK4c2X66JXUeFm7kL/4JtXu0RhInWci\\n" \
    "I/eMfVn7DISFzyFQIiIE85iD7ph5Ux9jJSAmwfVdNJedLQR3ZYCO60EVjH4pjlB5\\n" \
    "zH61bcgvJ2gV5C0ud2qHoibJDZPOCZf1ExJGS9NtdQOOIwoDbXFJW0nyVPs+BzoI\\n" \
    "fePib/xHfDGBlBYsrmVKjC6569KdBsuiGqEKbu+FI9z6SOZVYAQM4G9HSb26XDey\\n" \
    "jOM89x3MkQm+VD1Rgc5+eCYh+dJXMk4QjRtBBiENne6b9XBnQY5IhT9f1aMwwf6d\\n" \
    "7apQ2p+2deOb0MsphBdr+n4rtMkCbughFKDkLGetlXgxApjzdWUogUZl5Bp0jjil\\n" \
    "pZXVLngwmLusMmjN8qpyqVfdZmCskgBOn+nsyLGQcR5L8U1UohSffPNpX3XnUDt6\\n" \
    "NOGK3++V+y9hzGza6p8Fl/LE8rNbvT0DHMv+kXoafEF3TrJCRMHmvb2tntg8AcAc\\n" \
    "nFiCwwmwCcMGJ8vqt7OhjuXVLPCg/9JfrckMW0H1Lm28Jo9Z/4W/Zt9+KsCX3Yn/\\n" \
    "4UEakBs3d5+kAsy0Yj+JFHcUAZ+bFYXgtsyd57WfAdPPAnVfNMiBB55EjRdYBw34\\n" \
    "Mo4PDDuErKIlZIV0ojJ+iw9Hw9Z7I7onLkpOpDvwSzsDUaE0v7lhy+fmTvJCEDU9\\n" \
    "/H8QMFMnmOnj63G8uYIh0JGxviJWtqnZ4e1j/lKPIgwhxjjttWSlGsF91GDjMAMu\\n" \
    "jJt17JB41YAlP+8he/33+MPLeKe9WD85THiYILGNmSdYPdPCC2BMp2oD3vhlFicE\\n" \
    "x3tgQ3nEme+GTC/ANW0kMw1bEyUkqAhe9vAqtnoOHe00xV11swhaMiaaheGW7PsN\\n" \
    "A77t7LkNO+gZRexiCaEkghITw1Kfw5gFh9sRNsCPUlpPsiw819RI3U3Z8f9M9DUY\\n" \
    "6IinXqub1Yvx6bl8G1yB/ML+kuFLLqCk2MjDndBSQ+aHQ3uBFeFxGsbsLm3hurIo\\n" \
    "UzwnfRvw5kmj9pUEkC54rxhL0f4qI0RyzaWDK5saENfoaLdiTWOjNF0qCGvjDDPm\\n" \
    "kcyfcPB81aoZvqXn+s7XZh9llkjnbfN+bnXE3EYr2gQbCdGxd9leLKCbt0sUHFbi\\n" \
    "ZUU4kRbk43L16eeiDp1uqSoH1KOGiXu3H3DIqVQV5RwjZkSO5g/EgxUvlSRj91Um\\n" \
    "iFIDbFGLCJF//AWzR4LvHtutLEsQf4oMZOvFvP36DGyEDOCZvLKs0yJeobOdj10A\\n" \
    "BgMQTXO9IUMdaXZHa9KMryr1xg8AEXUkt4tUQlDrEQxSxzzyaoZtscXFIDB58iOs\\n" \
    "uVtyGsFiVXXKOrvUkI0w5w4Lo2m6ptA1ZaOtHklinf9QZ36RBLrZ13IMPSUlm2M7\\n" \
    "zXw2DYlNhUOn5osmmHx5j8v4bC10lVj+W6BtLoFpn2AyUbdsOC12JamLMJCmff8j\\n" \
    "ZwW1SLBqU4Sh7wkb54hBBE0=\\n"                                         \
    "-----END ENCRYPTED PRIVATE KEY-----\\n"

#define FIXTURE_EMAIL     "weir@project.iam.gserviceaccount.com"
#define FIXTURE_SCOPE     "https://www.googleapis.com/auth/cloud-platform"
#define FIXTURE_TOKEN_URL "https://oauth2.googleapis.com/token"

#define FIXTURE_ACCOUNT(key)                                                                                       \
    "{\"type\":\"service_account\",\"project_id\":\"project\",\"private_key_id\":\"key-1\",\"private_key\":\"" key \
    "\",\"client_email\":\"" FIXTURE_EMAIL "\",\"token_uri\":\"" FIXTURE_TOKEN_URL "\"}"

/* By key-1 for FIXTURE_EMAIL, issued at FIXTURE_ISSUED_S. */
#define FIXTURE_ASSERTION                                                                  \
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImtleS0xIn0.eyJpc3MiOiJ3ZWlyQHByb2plY3Qu" \
    "aWFtLmdzZXJ2aWNlYWNjb3VudC5jb20iLCJzY29wZSI6Imh0dHBzOi8vd3d3Lmdvb2dsZWFwaXMuY29tL2F1" \
    "dGgvY2xvdWQtcGxhdGZvcm0iLCJhdWQiOiJodHRwczovL29hdXRoMi5nb29nbGVhcGlzLmNvbS90b2tlbiIs" \
    "ImlhdCI6MTc5NTIxOTIwMCwiZXhwIjoxNzk1MjIyODAwfQ.F9v5GxhwFrFse7Od_vQ60tHuTrAgCqk7UOhKg" \
    "Tzyc_isedRaOnqEJmd4V0uxdkNLt8FJ7VuemCB1nBTHXmmiSEgAT1S9lklPgxHqEBKevp6sGNbBaDbdE8zMr" \
    "Wmv8K8TDpgUchXZgIdBeiRE-_TNayEs-wGjUPw05VHU382fJmn0itwiXPqakbB_46rys7S6i3sTLZ65uENfu" \
    "WuNYyF4tx7IfVSIvEYuETHdPhUlWl56dw006WGat19FP-xR0Tr4vK-KnKkSQGIHQjB5AL5HCufkOFw16nWPr" \
    "j55WHBSI2-t_53QsG2gOml1HWIjXVjSpIuQzVf7uDEjUGcZ4wQQfQ"
#define FIXTURE_ISSUED_S INT64_C(1795219200)

#endif
