/**
 * Every statement that runs on the database, as one table: prepared once at opening, so that a
 * mistake in one shows there and no text of a caller ever becomes SQL.
 *
 * Parameters are numbered; ?1 is the name of the entity wherever there is one.
 */
#ifndef WEIR_STEWARD_STATEMENTS_H
#define WEIR_STEWARD_STATEMENTS_H

/* A list of names as JSON, in their order. */
#define STATEMENT_JSON_LIST(column, from) \
    "(SELECT json_group_array(" column ") FROM (SELECT " column " FROM " from " ORDER BY 1))"

#define STATEMENT_SUBJECT_COLUMNS \
    "name, display, disabled, models_all, version, created_ms, changed_ms"

/* Groups and users are alike but for what a user is a member of. */
#define STATEMENT_SUBJECT_MAP(X, KIND, table, member, json_more)                              \
    X(KIND##_GET, "SELECT " STATEMENT_SUBJECT_COLUMNS " FROM " table "s WHERE name = ?1")     \
    X(KIND##_LIST, "SELECT " STATEMENT_SUBJECT_COLUMNS " FROM " table                         \
                   "s WHERE name > ?1 ORDER BY name LIMIT ?2")                                \
    X(KIND##_INSERT, "INSERT INTO " table "s VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5)")             \
    X(KIND##_UPDATE, "UPDATE " table "s SET display = ?2, disabled = ?3, models_all = ?4,"    \
                     " version = version + 1, changed_ms = ?5 WHERE name = ?1")               \
    X(KIND##_JSON,                                                                            \
      "SELECT json_object('name', name, 'display', display,"                                  \
      " 'disabled', json(iif(disabled, 'true', 'false')), 'models', json(iif(models_all, "    \
      "'\"all\"', " STATEMENT_JSON_LIST(                                                      \
          "slug", table "_grants g WHERE g.name = s.name") "))" json_more ") FROM " table     \
                                                           "s s WHERE name = ?1")             \
    X(KIND##_KEYS, "SELECT name FROM keys WHERE " member " = ?1 AND revoked_ms = 0 LIMIT ?2") \
    X(KIND##_KEYS_LEAVE, "UPDATE keys SET " member " = NULL, version = version + 1,"          \
                         " changed_ms = ?2 WHERE " member " = ?1")                            \
    STATEMENT_ENTITY_MAP(X, KIND, table)

/* What groups, users and keys have in common. */
#define STATEMENT_ENTITY_MAP(X, KIND, table)                                            \
    X(KIND##_DELETE, "DELETE FROM " table "s WHERE name = ?1")                          \
    X(KIND##_TOUCH,                                                                     \
      "UPDATE " table "s SET version = version + 1, changed_ms = ?2 WHERE name = ?1")   \
    X(KIND##_VERSION, "SELECT version FROM " table "s WHERE name = ?1")                 \
    X(KIND##_GRANTS, "SELECT slug FROM " table "_grants WHERE name = ?1 ORDER BY slug") \
    X(KIND##_GRANT, "INSERT OR IGNORE INTO " table "_grants VALUES (?1, ?2)")           \
    X(KIND##_UNGRANT, "DELETE FROM " table "_grants WHERE name = ?1 AND slug = ?2")     \
    X(KIND##_UNGRANT_ALL, "DELETE FROM " table "_grants WHERE name = ?1")

#define STATEMENT_KEY_COLUMNS                                                                         \
    "k.name, k.user_name, k.group_name, k.allowed_all, k.expires_s, k.scopes, k.disabled, k.version," \
    " k.created_ms, k.changed_ms, k.revoked_ms, coalesce(o.until_s, 0)"

/* ?2 is the time in seconds: an old digest whose time is over is not there any more. */
#define STATEMENT_KEY_FROM \
    " FROM keys k LEFT JOIN old_digests o ON o.name = k.name AND o.until_s > ?2 WHERE "

/* The order of enum directory_state. */
#define STATEMENT_KEY_STATE                                      \
    " CASE WHEN k.revoked_ms <> 0 THEN 1 WHEN k.disabled THEN 2" \
    " WHEN k.expires_s <> 0 AND k.expires_s <= ?2 THEN 3 ELSE 4 END"

#define STATEMENT_KEY_PAGE(which)                                          \
    "SELECT " STATEMENT_KEY_COLUMNS STATEMENT_KEY_FROM "k.name > ?1" which \
    " AND (?4 = 0 OR ?4 =" STATEMENT_KEY_STATE ") ORDER BY k.name LIMIT ?3"

#define STATEMENT_KEY_SCOPES                                                                    \
    "json('[' || ltrim(iif(scopes & 2, ',\"list\"', '') || iif(scopes & 4, ',\"call\"', '') ||" \
    " iif(scopes & 8, ',\"admin\"', ''), ',') || ']')"

#define STATEMENT_KEY_MAP(X)                                                                                                       \
    X(KEY_GET, "SELECT " STATEMENT_KEY_COLUMNS STATEMENT_KEY_FROM "k.name = ?1")                                                   \
    X(KEY_LIST, STATEMENT_KEY_PAGE(""))                                                                                            \
    X(KEY_LIST_USER,                                                                                                               \
      STATEMENT_KEY_PAGE(" AND k.user_name = ?5 AND (?6 IS NULL OR k.group_name = ?6)"))                                           \
    X(KEY_LIST_GROUP, STATEMENT_KEY_PAGE(" AND k.group_name = ?6"))                                                                \
    X(KEY_INSERT, "INSERT INTO keys VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, ?9, 0)")                                        \
    X(KEY_UPDATE,                                                                                                                  \
      "UPDATE keys SET user_name = ?3, group_name = ?4, allowed_all = ?5, expires_s = ?6,"                                         \
      " scopes = ?7, disabled = ?8, version = version + 1, changed_ms = ?9"                                                        \
      " WHERE name = ?1")                                                                                                          \
    X(KEY_SET_DIGEST, "UPDATE keys SET digest = ?2 WHERE name = ?1")                                                               \
    X(KEY_SET_REVOKED, "UPDATE keys SET revoked_ms = ?2 WHERE name = ?1")                                                          \
    X(KEY_SET_ALLOWED_ALL, "UPDATE keys SET allowed_all = ?2 WHERE name = ?1")                                                     \
    X(KEY_DIGEST, "SELECT digest FROM keys WHERE name = ?1")                                                                       \
    X(KEY_OF_DIGEST, "SELECT name FROM keys WHERE digest = ?1 UNION ALL"                                                           \
                     " SELECT name FROM old_digests WHERE digest = ?1 AND until_s > ?2 LIMIT 1")                                   \
    X(KEY_JSON,                                                                                                                    \
      "SELECT json_object('name', name, 'user', user_name, 'group', group_name,"                                                   \
      " 'allowed_models', json(iif(allowed_all, '\"all\"', " STATEMENT_JSON_LIST(                                                  \
          "slug",                                                                                                                  \
          "key_grants g WHERE g.name = s.name") ")),"                                                                              \
                                                " 'expires', nullif(expires_s, 0), 'scopes', " STATEMENT_KEY_SCOPES                \
                                                ","                                                                                \
                                                " 'disabled', json(iif(disabled, 'true', 'false')),"                               \
                                                " 'revoked', json(iif(revoked_ms, 'true', 'false'))) FROM keys s WHERE name = ?1") \
    X(OLD_DIGEST_SET, "INSERT OR REPLACE INTO old_digests VALUES (?1, ?2, ?3)")                                                    \
    X(OLD_DIGEST_GET, "SELECT digest FROM old_digests WHERE name = ?1")                                                            \
    X(OLD_DIGEST_CLEAR, "DELETE FROM old_digests WHERE name = ?1")                                                                 \
    X(OLD_DIGEST_FREE, "DELETE FROM old_digests WHERE digest = ?1 AND until_s <= ?2")                                              \
    X(OLD_DIGEST_SWEEP, "DELETE FROM old_digests WHERE until_s <= ?2")                                                             \
    X(NAME_REVOKE, "INSERT OR IGNORE INTO revoked_names VALUES (?1, ?2)")                                                          \
    X(NAME_IS_REVOKED, "SELECT 1 FROM revoked_names WHERE name = ?1")                                                              \
    X(DIGEST_REVOKE, "INSERT OR IGNORE INTO revoked_digests VALUES (?1, ?2)")                                                      \
    X(DIGEST_IS_REVOKED, "SELECT 1 FROM revoked_digests WHERE digest = ?1")                                                        \
    STATEMENT_ENTITY_MAP(X, KEY, "key")

#define STATEMENT_AUDIT_COLUMNS "change, at_ms, actor, verb, kind, name, before, after"

#define STATEMENT_AUDIT_MAP(X)                                                                  \
    X(AUDIT_ADD, "INSERT INTO audit VALUES (?8, ?1, ?2, ?3, ?4, ?5, ?6, ?7)")                   \
    X(AUDIT_LAST, "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0)") \
    X(AUDIT_LIST, "SELECT " STATEMENT_AUDIT_COLUMNS " FROM audit WHERE change < ?1"             \
                  " AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR name = ?4)"                \
                  " ORDER BY change DESC LIMIT ?2")                                             \
    X(AUDIT_LIST_NAME, "SELECT " STATEMENT_AUDIT_COLUMNS " FROM audit WHERE change < ?1"        \
                       " AND kind = ?3 AND name = ?4 ORDER BY change DESC LIMIT ?2")            \
    X(ANSWER_GET, "SELECT request_digest, status, body FROM answers"                            \
                  " WHERE request = ?1 AND expires_ms > ?2")                                    \
    X(ANSWER_SET, "INSERT OR REPLACE INTO answers VALUES (?1, ?2, ?3, ?4, ?5)")                 \
    X(AUDIT_SWEEP, "DELETE FROM audit WHERE change <="                                          \
                   " (SELECT seq FROM sqlite_sequence WHERE name = 'audit') - ?1")              \
    X(ANSWER_SWEEP, "DELETE FROM answers WHERE expires_ms <= ?1")

/* What the export reads: in the order of the file's tables, so that it can be written in one go. */
#define STATEMENT_EXPORT_MAP(X)                                                                  \
    X(EXPORT_SLUGS, "SELECT slug FROM group_grants UNION SELECT slug FROM user_grants UNION"     \
                    " SELECT slug FROM key_grants ORDER BY 1")                                   \
    X(EXPORT_COUNTS,                                                                             \
      "SELECT (SELECT count(*) FROM groups), (SELECT count(*) FROM users),"                      \
      " (SELECT count(*) FROM keys WHERE revoked_ms = 0), (SELECT count(*) FROM"                 \
      " old_digests o JOIN keys k ON k.name = o.name WHERE o.until_s > ?2 AND"                   \
      " k.revoked_ms = 0), (SELECT count(*) FROM revoked_names),"                                \
      " (SELECT count(*) FROM revoked_digests), (SELECT count(*) FROM group_grants)"             \
      " + (SELECT count(*) FROM user_grants) + (SELECT count(*) FROM key_grants g"               \
      " JOIN keys k ON k.name = g.name WHERE k.revoked_ms = 0),"                                 \
      " (SELECT count(*) FROM members)")                                                         \
    X(EXPORT_GROUPS, "SELECT name, display, disabled, models_all FROM groups ORDER BY name")     \
    X(EXPORT_USERS, "SELECT name, display, disabled, models_all FROM users ORDER BY name")       \
    X(EXPORT_KEYS,                                                                               \
      "SELECT k.name, k.user_name, k.group_name, k.allowed_all, k.expires_s, k.scopes,"          \
      " k.disabled, k.created_ms, k.digest, coalesce(o.until_s, 0), o.digest" STATEMENT_KEY_FROM \
      "k.revoked_ms = 0 ORDER BY k.name")                                                        \
    X(EXPORT_REVOKED_NAMES, "SELECT name, revoked_s FROM revoked_names ORDER BY name")           \
    X(EXPORT_REVOKED_DIGESTS, "SELECT digest, revoked_s FROM revoked_digests ORDER BY digest")

/** X(NAME, SQL) */
#define STATEMENT_MAP(X)                                                                    \
    X(BEGIN, "BEGIN IMMEDIATE")                                                             \
    X(BEGIN_READ, "BEGIN DEFERRED")                                                         \
    X(COMMIT, "COMMIT")                                                                     \
    X(ROLLBACK, "ROLLBACK")                                                                 \
    X(SAVE, "SAVEPOINT inner")                                                              \
    X(UNSAVE, "ROLLBACK TO inner")                                                          \
    X(RELEASE, "RELEASE inner")                                                             \
    STATEMENT_SUBJECT_MAP(X, GROUP, "group", "group_name", "")                              \
    STATEMENT_SUBJECT_MAP(X, USER, "user", "user_name",                                     \
                          ", 'groups', json(" STATEMENT_JSON_LIST(                          \
                              "group_name", "members m WHERE m.name = s.name") ")")         \
    X(MEMBER_GROUPS, "SELECT group_name FROM members WHERE name = ?1 ORDER BY group_name")  \
    X(MEMBER_ADD, "INSERT OR IGNORE INTO members VALUES (?1, ?2)")                          \
    X(MEMBER_TOUCH, "UPDATE users SET version = version + 1, changed_ms = ?2 WHERE name IN" \
                    " (SELECT name FROM members WHERE group_name = ?1)")                    \
    X(MEMBER_CLEAR, "DELETE FROM members WHERE name = ?1")                                  \
    STATEMENT_KEY_MAP(X)                                                                    \
    STATEMENT_AUDIT_MAP(X)                                                                  \
    STATEMENT_EXPORT_MAP(X)

enum statement {
#define X(name, sql) STATEMENT_##name,
    STATEMENT_MAP(X) STATEMENT_COUNT,
#undef X
};

#endif
