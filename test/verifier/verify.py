"""A verifier of packages, written from docs/evidence-format.md alone: python3 verify.py KEYS FILE...

Prints a line for each file: "valid", or "wrong: " and why. Does all of section 8 but "Answers". Standard library only.
"""
import base64, hashlib, json, re, sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


class Wrong(Exception):
    pass


def need(holds, why):
    if not holds:
        raise Wrong(why)


def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# --- Ed25519 (RFC 8032), in extended coordinates

def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = add(q, p)
        p, s = add(p, p), s >> 1
    return q


def point(octets):
    y = int.from_bytes(octets, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    need(y < P, "no point of the curve")
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    need((x * x - x2) % P == 0 and not (x == 0 and sign), "no point of the curve")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(key, text, signature):
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:
        return False
    try:
        r, a = point(signature[:32]), point(key)
    except Wrong:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % L
    p, q = times(s, BASE), add(r, times(h, a))
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


# --- text and JSON

def b64(text, length, url=False):
    try:
        octets = (base64.urlsafe_b64decode(text + "=") if url else base64.b64decode(text, validate=True))
    except ValueError:
        raise Wrong("not base64")
    again = (base64.urlsafe_b64encode(octets).decode().rstrip("=") if url else base64.b64encode(octets).decode())
    need(again == text and len(octets) == length, "not %d bytes of base64" % length)
    return octets


def hexa(text):
    need(isinstance(text, str) and re.fullmatch("[0-9a-f]{64}", text), "not a hash")
    return bytes.fromhex(text)


def number(value):
    """RFC 8785 section 3.2.2.3: as ECMAScript writes a number."""
    if isinstance(value, int) or value == int(value) and abs(value) < 1e21:
        return str(int(value))
    digits, _, exponent = ("%r" % value).partition("e")
    return digits if not exponent else digits + "e" + ("-" if exponent[0] == "-" else "+") + exponent.lstrip("+-0")


def jcs(value):
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(jcs(key) + ":" + jcs(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return json.dumps(value, ensure_ascii=False)


def note(text, keys):
    """Section 6: the text of a note that is to be trusted, of the ledger of this origin."""
    gap = text.rfind("\n\n")
    need(gap >= 0 and text.endswith("\n"), "not a note")
    body, origin, good = text[: gap + 1], text.split("\n")[0], False
    for line in text[gap + 2 : -1].split("\n"):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014", "not a signature")
        octets = b64(parts[2], 68)
        for name, key_id, key in keys:
            if (name, key_id) == (parts[1], octets[:4]):
                need(signed(key, body.encode(), octets[4:]), "a signature fails")
                good = good or name == origin
    need(good, "not signed by a trusted key")
    return body


# --- section 8

def log_root(size, leaves, beside):
    """`leaves`: (index, hash), sorted."""
    beside = iter(beside)

    def walk(lo, hi, some):
        if not some:
            return next(beside, None) or need(False, "a hash is missing")
        if hi - lo == 1:
            return some[0][1]
        k = 1 << ((hi - lo - 1).bit_length() - 1)
        left = walk(lo, lo + k, [leaf for leaf in some if leaf[0] < lo + k])
        return H(b"\1", left, walk(lo + k, hi, [leaf for leaf in some if leaf[0] >= lo + k]))

    indices = [index for index, _ in leaves]
    need(indices == sorted(set(indices)) and all(0 <= index < size for index in indices), "leaves that cannot be")
    root = walk(0, size, leaves)
    need(next(beside, None) is None, "a hash is left")
    return root


def heads_root(keys, steps):
    found, steps = {}, iter(steps)

    def bit(key, depth):
        return key[depth >> 3] >> (7 - (depth & 7)) & 1

    def walk(some, depth):
        step = next(steps, None)
        if not some:
            need(isinstance(step, dict) and list(step) == ["beside"], "a hash is missing")
            return hexa(step["beside"])
        if step == "empty":
            return bytes(32)
        if step == "branch" and depth < 256:
            left = walk([key for key in some if not bit(key, depth)], depth + 1)
            return H(b"\1", left, walk([key for key in some if bit(key, depth)], depth + 1))
        need(isinstance(step, dict) and set(step) == {"key", "count", "hash"}, "no such step")
        key, count, last = hexa(step["key"]), step["count"], hexa(step["hash"])
        need(all(bit(key, d) == bit(one, d) for one in some for d in range(depth)), "a head of elsewhere")
        found[key] = (count, last)
        return H(b"\0", key, count.to_bytes(8, "big"), last)

    root = walk(sorted(keys), 0)
    need(next(steps, None) is None, "a step is left")
    return root, found


LEAF = {"record", "index", "id", "type", "schemaVersion", "recordedAt", "commitment", "stored"}
PLACED = LEAF | {"tenant", "stream", "revision", "previous?"}
MEMBERS = {
    "export": {"record", "version", "exportId", "kind", "language", "tenant", "requestedBy", "requestedAt", "reason?",
               "cohort", "period?", "checkpoint"},
    "settings": PLACED | {"payload"},
    "decisions": PLACED | {"entries", "beside"},
    "patient": {"record", "number", "status", "identifier?", "subject?", "events", "decisions"},
    "event": LEAF | {"revision", "opened?"},
    "erasure": {"record", "erasureId", "article", "receivedAt", "dueAt", "approvedAt", "closedAt", "unreadableSince",
                "irrecoverableOnceEpochRetired?", "epochRetired?", "irrecoverableSince?", "recipients", "recipientsTold", "exportsRemoved",
                "suppressed?", "remains", "requestedBy?", "approvedBy?"},
    "decision": {"record", "index", "entry", "commitment", "opened?"},
    "tree": {"record", "beside"},
    "heads": {"record", "walk"},
    "consistency": {"record", "from", "path"},
    "end": {"record", "patients", "events", "decisions", "records", "note"},
}
ORDER = re.compile("export,(settings,)*(decisions,)*(patient,(event,)*((?<=event,)erasure,)?(decision,)*)*(tree,)*(heads,)*(consistency,)*end,")


def leaf_hash(one, tenant, stream, previous):
    hexa(one["stored"])
    b64(one["commitment"], 32, True)
    entry = ["consent-ledger leaf 1", tenant, stream, one["revision"], previous.hex() if previous else "-", one["id"],
             one["type"], one["schemaVersion"], one["recordedAt"], one["commitment"], one["stored"], ""]
    return H(b"\0", "\n".join(map(str, entry)).encode())


def check_opened(one, due, salt_length):
    need(("opened" in one) == due, "shown and not due, or due and not shown")
    if due:
        opened = one["opened"]
        need(set(opened) == {"salt", "payload"} and type(opened["payload"]) is dict, "no such opening")
        salt = b64(opened["salt"], salt_length, True) if salt_length else b""
        need(salt_length or opened["salt"] == "", "a salt where none is")
        need(H(salt, jcs(opened["payload"]).encode()) == b64(one["commitment"], 32, True), "not what was committed to")


def verify(data, keys):
    need(data.endswith(b"\n"), "cut off")
    lines = data[:-1].split(b"\n")
    records = []
    for line in lines:
        text = line.decode("utf-8")
        record = json.loads(text)
        need(type(record) is dict and jcs(record) == text, "not canonical")
        members = MEMBERS[record["record"]]
        need({m for m in members if "?" not in m} <= set(record) <= {m.rstrip("?") for m in members}, "other members")
        for name in {"index", "revision", "entry", "entries", "number", "events", "decisions", "schemaVersion"} & set(record):
            need(type(record[name]) is int and 0 <= record[name] < 2**53, "not a count")
        records.append(record)
    need(ORDER.fullmatch("".join(one["record"] + "," for one in records)), "not in order")
    head, end = records[0], records[-1]
    match = re.fullmatch("([^\n]+)\n(0|[1-9]\\d*)\n(.{44})\nheads (.{44})\nrecorded [^\n]+\n", note(head["checkpoint"], keys))
    need(match and head["version"] == 1, "no checkpoint")
    origin, size, root, heads = match[1], int(match[2]), b64(match[3], 32), b64(match[4], 32)
    start, until = (head.get("period") or {}).get("from", ""), (head.get("period") or {}).get("until", "9")
    by, of_erasures = head["cohort"]["by"], head["kind"] == "erasures"
    by_identifiers = by == "identifiers"
    need(by in ("all", "erasure") if of_erasures else by != "erasure", "a kind and a cohort that do not go together")
    need(by != "erasure" or "period" not in head, "a certificate with a period")
    need(head["kind"] != "patient" or by_identifiers and head["cohort"]["asked"] == 1, "not of one patient")

    leaves, names, holding, patient = [], [], {}, None
    of_one, stated = head["cohort"]["by"] == "erasure", []
    counts = {"known": 0, "unknown": 0, "erased": 0, "event": 0, "decision": 0}

    def end_patient():
        if patient is None:
            return
        need((patient["events"], patient["decisions"]) == (patient["n"], patient["m"]), "not as many as it says")
        need((patient["last"] == "PatientErased") == (patient["status"] == "erased"), "not of this status")
        if patient["status"] != "unknown":
            names.append(("consents-" + patient["subject"], patient["n"], patient["leaf"]))
            names.append(("decisions:" + patient["subject"], patient["m"], patient["link"]))

    for one in records[1:-1]:
        kind = one["record"]
        if kind in ("settings", "decisions"):
            need(("previous" in one) == (one["revision"] > 0), "a stream without a beginning")
            previous = hexa(one["previous"]) if "previous" in one else None
            leaf = leaf_hash(one, one["tenant"], one["stream"], previous)
            leaves.append((one["index"], leaf))
        if kind == "settings":
            need(one["type"] == "SettingsAdopted", "no settings")
            need(H(jcs(one["payload"]).encode()) == b64(one["commitment"], 32, True), "other settings")
            need(H(jcs(one["payload"]["settings"]).encode()) == b64(one["payload"]["hash"], 32, True), "another hash")
        elif kind == "decisions":
            need(one["type"] == "DecisionsRecorded" and one["index"] > max(holding, default=-1), "not in order")
            holding[one["index"]] = (one, leaf, {})
        elif kind == "patient":
            end_patient()
            counts[one["status"]] += 1
            patient = dict(one, n=0, m=0, leaf=None, link=None, last=None, index=-1, answer=(-1, -1))
            need(one["number"] == sum(counts[s] for s in ("known", "unknown", "erased")), "a patient is missing")
            need(("subject" in one) == (one["status"] != "unknown"), "a subject too many or few")
            need(not of_erasures or one["status"] == "erased", "not erased")
            need(("identifier" in one) == by_identifiers, "an identifier too many or few")
        elif kind == "event":
            need(patient["status"] != "unknown" and patient["last"] != "PatientErased", "no event can be here")
            need(one["revision"] == patient["n"] and one["index"] > patient["index"], "not the next event")
            erased = one["type"] == "PatientErased"
            need(not (erased and of_erasures) or start <= one["recordedAt"] < until, "not in the period")
            check_opened(one, one["recordedAt"] < until if patient["status"] == "known" else erased, 0 if erased else 32)
            leaf = leaf_hash(one, head["tenant"], "consents-" + patient["subject"], patient["leaf"])
            leaves.append((one["index"], leaf))
            counts["event"] += 1
            patient.update(n=patient["n"] + 1, leaf=leaf, last=one["type"], index=one["index"], event=one)
        elif kind == "erasure":
            event = patient["event"]
            need(of_erasures and event["type"] == "PatientErased", "no erasure can be here")
            need(event["opened"]["payload"]["erasureId"] == one["erasureId"], "another erasure")
            need(event["recordedAt"] == one["closedAt"], "another moment")
            need(patient["n"] == one["remains"]["events"], "another number of events")
            need(("requestedBy" in one) == ("approvedBy" in one) == of_one, "officers too many or few")
            need(("epochRetired" in one) == ("irrecoverableOnceEpochRetired" in one), "an epoch too many or few")
            need("irrecoverableSince" not in one or one.get("epochRetired") is True and one["irrecoverableSince"] >= one["unreadableSince"], "an end too early")
            stated.append(one["erasureId"])
        elif kind == "decision":
            need(patient["status"] != "unknown" and one["index"] in holding, "no answer can be here")
            event, leaf, shown = holding[one["index"]]
            need((one["index"], one["entry"]) > patient["answer"] and one["entry"] < event["entries"], "not the next answer")
            need(one["entry"] not in shown, "an answer twice")
            committed = shown[one["entry"]] = b64(one["commitment"], 32, True)
            check_opened(one, patient["status"] == "known" and start <= event["recordedAt"] < until, 32)
            link = H(b"\2", patient["link"] or bytes(32), leaf, one["entry"].to_bytes(4, "big"), committed)
            counts["decision"] += 1
            patient.update(m=patient["m"] + 1, link=link, answer=(one["index"], one["entry"]))
    end_patient()
    patients = {status: counts[status] for status in ("known", "unknown", "erased")}
    need(not of_one or stated == [head["cohort"]["erasureId"]] and sum(patients.values()) == 1, "not the one asked for")
    need(not by_identifiers or head["cohort"]["asked"] == sum(patients.values()), "not all who were asked for")
    for event, _, shown in holding.values():
        entries = sorted((entry, H(b"\0", committed)) for entry, committed in shown.items())
        need(entries, "none of its answers is shown")
        found = log_root(event["entries"], entries, map(hexa, event["beside"]))
        need(found == b64(event["commitment"], 32, True), "not the answers of this event")
    beside = [hexa(one) for record in records if record["record"] == "tree" for one in record["beside"]]
    need(log_root(size, sorted(leaves), beside) == root, "not the log that was signed")
    by_key = {H(name.encode()): (count, last) for name, count, last in names}
    need(len(by_key) == len(names), "a name twice")
    steps = [step for record in records if record["record"] == "heads" for step in record["walk"]]
    found_root, found = heads_root(by_key, steps)
    need(found_root == heads, "not the heads that were signed")
    for key, (count, last) in by_key.items():
        need(found.get(key) == ((count, last) if count else None), "not all there is under a name")
    froms = [0] + [record["from"] for record in records if record["record"] == "consistency"] + [size]
    need(all(a < b for a, b in zip(froms, froms[1:])), "growth out of order")
    expected = {"record": "end", "patients": patients, "events": counts["event"], "decisions": counts["decision"],
                "records": len(records), "note": end["note"]}
    need(end == expected, "other totals")
    digest = base64.b64encode(H(data[: len(data) - len(lines[-1]) - 1])).decode()
    need(note(end["note"], keys) == "%s\nexport %s\n%s\n" % (origin, head["exportId"], digest), "not what was signed")


def key_of(line):
    name, key_id, encoded = line.split("+", 2)
    octets = b64(encoded, 33)
    need(octets[:1] == b"\1" and H(name.encode(), b"\n", octets)[:4].hex() == key_id, "no key")
    return name, bytes.fromhex(key_id), octets[1:]


if __name__ == "__main__":
    sys.setrecursionlimit(2000)
    trusted = [key_of(line) for line in open(sys.argv[1]).read().split()]
    for path in sys.argv[2:]:
        try:
            verify(open(path, "rb").read(), trusted)
            print("valid")
        except Wrong as wrong:
            print("wrong: %s" % wrong)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            print("wrong: not of this format (%s)" % type(error).__name__)
