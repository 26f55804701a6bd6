"""Who may see and add what on PostgreSQL, enforced by the database itself: row policies by the rows of `people`.

The account that owns the tables stands above them. Everybody else who may connect has the rights given here and no
others, whatever program asks; `session_user` is the account that logged in, which no SQL of theirs changes. What a
policy asks of other tables it asks through functions that run as the owner, with a search path of their own, so that
neither policies nor tables of the same name come in between.
"""

from __future__ import annotations

from alembic import op

_OPEN = "(SELECT annotator_role()) IS NOT NULL"
_ALL = "(SELECT annotator_role()) IN ('arbiter', 'administrator')"
_ADMINISTRATOR = "(SELECT annotator_role()) = 'administrator'"
_MINE = "reader = session_user::text"
_OF_MINE = f"reading_id IN (SELECT id FROM readings WHERE {_MINE})"


def keep_heads() -> None:
    """Each revision is one more than the head says, and becomes the head; nobody writes heads by hand."""
    _function(
        "annotator_next_head() RETURNS trigger LANGUAGE plpgsql",
        "DECLARE last integer; BEGIN "
        "SELECT number INTO last FROM heads WHERE reading_id = NEW.reading_id FOR UPDATE; "
        "IF NEW.number <= last THEN "
        "RAISE EXCEPTION 'revisions were removed from this reading' USING ERRCODE = 'integrity_constraint_violation'; "
        "ELSIF NEW.number <> coalesce(last, 0) + 1 THEN "
        "RAISE EXCEPTION 'revisions are appended one after another' USING ERRCODE = 'unique_violation'; END IF; "
        "INSERT INTO heads AS h (reading_id, number, chain, signed) VALUES (NEW.reading_id, NEW.number, NEW.chain, "
        "CASE WHEN NEW.act = 'sign' THEN NEW.number END) "
        "ON CONFLICT (reading_id) DO UPDATE SET number = excluded.number, chain = excluded.chain, "
        "signed = coalesce(excluded.signed, h.signed); RETURN NULL; END",
    )
    op.execute(
        "CREATE TRIGGER revisions_head AFTER INSERT ON revisions FOR EACH ROW EXECUTE FUNCTION annotator_next_head()"
    )


def give_rights() -> None:
    """Functions, privileges and policies; those who have readings already are readers, whoever runs this owns it."""
    _functions()
    _privileges()
    _policies()
    op.execute(
        "INSERT INTO people (name, display_name, role, added, added_by) "
        "SELECT DISTINCT reader, reader, 'reader', now(), session_user::text FROM readings "
        "WHERE reader <> session_user::text ORDER BY reader"
    )
    op.execute(
        "INSERT INTO people (name, display_name, role, added, added_by) "
        "VALUES (session_user::text, session_user::text, 'administrator', now(), session_user::text)"
    )


def _functions() -> None:
    _function(
        "annotator_role() RETURNS text LANGUAGE sql STABLE",
        "SELECT nullif((SELECT p.role FROM people p WHERE p.name = session_user::text "
        "ORDER BY p.id DESC LIMIT 1), 'none')",
    )
    # what of others is signed, and whether that is their last revision; a second reader after signing their own
    signed = (
        "FROM heads h JOIN readings r ON r.id = h.reading_id "
        "WHERE h.signed IS NOT NULL AND CASE (SELECT annotator_role()) WHEN 'reader' THEN true "
        "WHEN 'second reader' THEN EXISTS (SELECT 1 FROM readings o JOIN heads oh ON oh.reading_id = o.id "
        "WHERE o.study_instance_uid = r.study_instance_uid AND o.reader = session_user::text "
        "AND oh.signed IS NOT NULL) ELSE false END"
    )
    _function(
        "annotator_signed_by_others() RETURNS TABLE (reading_id varchar, whole boolean) LANGUAGE sql STABLE",
        f"SELECT h.reading_id, h.signed = h.number {signed}",
    )
    # of a reading that was opened again, every revision up to the last signature
    _function(
        "annotator_signed_before() RETURNS TABLE (reading_id varchar, number integer) LANGUAGE sql STABLE",
        f"SELECT h.reading_id, generate_series(1, h.signed) {signed} AND h.signed <> h.number",
    )


def _function(head: str, body: str) -> None:
    """A function that runs as the owner of the tables, and finds them where they are now."""
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    op.execute(
        f"CREATE FUNCTION {head} SECURITY DEFINER SET search_path = {schema}, pg_temp AS $body$ {body} $body$"
    )


def _privileges() -> None:
    for table in ("readings", "revisions", "coverage", "heads", "audit", "people", "salt", "alembic_version"):
        op.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
        op.execute(f"GRANT SELECT ON {table} TO PUBLIC")
    for table in ("readings", "revisions", "coverage"):
        op.execute(f"GRANT INSERT ON {table} TO PUBLIC")
    op.execute("GRANT UPDATE (exam_date, patient) ON readings TO PUBLIC")
    op.execute("GRANT UPDATE (cell_px, columns, rows, bits) ON coverage TO PUBLIC")
    # the id is the database's own, so that nobody puts a row before or after others
    op.execute(
        "GRANT INSERT (at, who, role, program_version, act, reading_id, study_instance_uid, what) "
        "ON audit TO PUBLIC"
    )
    op.execute("GRANT INSERT (name, display_name, role, added, added_by) ON people TO PUBLIC")


def _policies() -> None:
    for table in ("readings", "revisions", "coverage", "heads", "audit", "people", "salt"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    others = "IN (SELECT s.reading_id FROM annotator_signed_by_others() s"
    _policy("readings", "SELECT", f"{_OPEN} AND ({_MINE} OR {_ALL} OR id {others}))")
    _policy("readings", "INSERT", f"{_OPEN} AND {_MINE}")
    _policy("readings", "UPDATE", f"{_OPEN} AND {_MINE}")
    _policy(
        "revisions",
        "SELECT",
        f"{_OPEN} AND ({_MINE} OR {_ALL} OR reading_id {others} WHERE s.whole) "
        "OR (reading_id, number) IN (SELECT s.reading_id, s.number FROM annotator_signed_before() s))",
    )
    _policy(
        "revisions",
        "INSERT",
        f"{_OPEN} AND {_MINE} AND {_OF_MINE} AND (act <> 'sign' OR (SELECT annotator_role()) <> 'labeller')",
    )
    _policy("coverage", "SELECT", f"{_OPEN} AND EXISTS (SELECT 1 FROM readings r WHERE r.id = reading_id)")
    _policy("coverage", "INSERT", f"{_OPEN} AND {_OF_MINE}")
    _policy("coverage", "UPDATE", f"{_OPEN} AND {_OF_MINE}")
    _policy("heads", "SELECT", f"{_OPEN} AND ({_ADMINISTRATOR} OR {_OF_MINE})")
    _policy("audit", "SELECT", f"{_OPEN} AND ({_ADMINISTRATOR} OR who = session_user::text)")
    _policy("audit", "INSERT", "who = session_user::text AND role = (SELECT annotator_role())")
    _policy("people", "SELECT", _OPEN)
    _policy("people", "INSERT", f"{_ADMINISTRATOR} AND added_by = session_user::text")
    _policy("salt", "SELECT", _OPEN)


def _policy(table: str, act: str, rule: str) -> None:
    """What `act` on a row asks; an update asks it of the row before and after."""
    checks = {"SELECT": f"USING ({rule})", "INSERT": f"WITH CHECK ({rule})"}
    checks["UPDATE"] = f"{checks['SELECT']} {checks['INSERT']}"
    op.execute(f"CREATE POLICY {table}_{act.lower()} ON {table} FOR {act} TO PUBLIC {checks[act]}")
