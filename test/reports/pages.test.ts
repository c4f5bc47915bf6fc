import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { ExportLanguage } from '../../schemas/export/package.ts';
import { exportOf, rendered } from './kit.ts';
import { fullStory } from './story.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consent-ledger-reports-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const file = async (language: ExportLanguage, patients = 3): Promise<string> => {
  const path = join(folder, `${language}-${patients}.pdf`);
  await writeFile(path, await rendered(() => exportOf(patients, { language })));
  return path;
};

/** What a tool prints; undefined, and the test skipped, where the tool is not there. */
const said = (t: TestContext, tool: string, ...parameters: string[]): string | undefined => {
  const { error, stdout, stderr } = spawnSync(tool, parameters, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (error === undefined) return stdout + stderr;
  t.skip(`${tool} is not installed`);
  return undefined;
};

test('a report reads in order: what was asked, the answer, the proof, each patient', async (t) => {
  const text = said(t, 'pdfinfo', '-struct-text', await file('en'));
  if (text === undefined) return;
  const lines = text.split('\n').map((line) => line.trim());
  const order = [
    'Document',
    'Form',
    'H1 (block)',
    '"Consent history "',
    '"What was asked "',
    '"patients by identifier: 3 asked about "',
    '"The answer in numbers "',
    '"1 patients known "',
    '"1 unknown to the ledger "',
    '"1 erased "',
    'Figure:',
    '"What it is proven by "',
    '"How to check it "',
    '"npx consent-ledger verify 6f0c2a53-8f0e-4c2b-9f0e-2b7a51f9d3a1.pdf --trust keys.txt "',
    '"What it cannot prove "',
    '"Patient 1: MRN-4711 (urn:example:mrn) "',
    '"Known. 10 events, 3 logged decisions. "',
    '"Events "',
    '"recorded 2024-09-02 08:00:00Z effective 2024-08-27 08:00:00Z Consent withdrawn  Consent 5e287ce3-fdf5-43a7-86cc-a74058f3d3cb Reason: Letter of 2024-08-26 Recorded by practitioner-7 of Organization/clinic (issuer https://login.north.example). leaf 35 · revision 6 · line 18 "',
    '"Decisions "',
    '"recorded 2024-02-24 08:00:00Z asked 2024-02-25 08:00:00Z Refused  Practitioner/9 (member of Organization/clinic) asked to access data for healthcare research (HRESCH). No consent speaks of it. Asked through practitioner-7 of Organization/clinic (issuer https://login.north.example). leaf 2 · entry 0 · line 24 · Decision bd209c1a-8675-44c8-858d-94456cc97037 "',
    '"Patient 2: MRN-4712 (urn:example:mrn) "',
    '"Unknown: the ledger knows nobody by this identifier. "',
    '"Patient 3: MRN-4713 (urn:example:mrn) "',
    '"recorded 2023-01-13 08:00:00Z Consent given No longer readable. leaf 69 · revision 0 · line 27 "',
  ];
  let from = 0;
  for (const expected of order) {
    const place = lines.indexOf(expected, from);
    assert.notEqual(place, -1, `${expected} is missing, or stands too early:\n${lines.join('\n')}`);
    from = place + 1;
  }
});

test('in German all but the data is German', async (t) => {
  const text = said(t, 'pdftotext', '-layout', await file('de'), '-');
  if (text === undefined) return;
  for (const expected of [
    /Verlauf der Einwilligungen/,
    /Geltende Einwilligungen/,
    /Erlaubt Organization\/clinic jede Nutzung aller Daten für Behandlung \(TREAT\)/,
    /Ausnahme: Verbietet allen jede Nutzung von Daten \(gekennzeichnet als/,
    /Unbekannt: Unter dieser Kennung kennt das Register niemanden\./,
    /Seite 1 von\s+\d/,
  ])
    assert.match(text, expected);
});

test('all that a record can say is on the page', async (t) => {
  const path = join(folder, 'full.pdf');
  await writeFile(path, await rendered(() => fullStory()));
  const text = said(t, 'pdfinfo', '-struct-text', path);
  if (text === undefined) return;
  for (const expected of [
    'Permits Organization/clinic as 309343006 (http://snomed.info/sct) and Organization/labor-müller to access, disclose and use data (of type Observation (http://hl7.org/fhir/fhir-types) and DocumentReference; coded 718-7 (http://loinc.org); labelled HIV/AIDS information sensitivity (HIV) and restricted (R); Observation/1 and what it refers to and written by Practitioner/2; written by Practitioner/9; made from 2020-01-01 00:00:00Z) for treatment (TREAT), healthcare payment (HPAYMT) and own (urn:x), kept by Organization/archive, until 2027-12-31 23:59:59Z, with the obligation encrypt (ENCRYPT). rules[0]',
    'Except: Forbids everyone any use of all data for healthcare marketing (HMARKT). rules[0].exceptions[0]',
    'Except: Permits anyone acting as 309343006 (http://snomed.info/sct) any use of all data for any purpose. rules[0].exceptions[0].exceptions[0]',
    'Permits whatever it does not speak of. For treatment (TREAT). Holds for the time before it was signed, too.',
    'Signed for the patient by RelatedPerson/mother (Sorgerecht). Witnessed by Practitioner/3.',
    'From FHIR R4 https://ehr.example/fhir/Consent/77.',
    'The document could not be understood (Consent.provision.provision[3].extension). Until it is read it permits nothing.',
    `Reason: Herr Łukasz Ożóg, [U+5C71][U+7530], Иванов; [U+202E]evil[U+0000] ${'verylongword'.repeat(30)} A letter`,
    'Practitioner/er broke the glass, from 2024-02-01 00:00:00Z until 2024-02-01 10:00:00Z. Reason: Unconscious',
    'Corrected by consent 00000000-0000-4000-8000-000000000003. Reason: wrong patient',
    'for 2024-03-01 10:00:00Z Differs by item  Practitioner/1 (member of Organization/clinic; as 309343006 (http://snomed.info/sct); kept by Organization/archive) asked to disclose 3 items for treatment (TREAT). 1 item permitted: the patient agreed.',
    'With the obligation encrypt (ENCRYPT). 2 items refused: with what the question left out, it may be a no. Left out: labels.',
    'The asker applies the remaining rules. By Consent 00000000-0000-4000-8000-000000000001 (otherwise). Permits everyone any use of all data for any purpose. residual.rules[0]',
    'By 00000000-0000-4000-8000-000000000005. To be reviewed.',
  ])
    assert.ok(text.includes(expected), `${expected} is not in\n${text}`);
});

test('the structure of the file is sound', async (t) => {
  const text = said(t, 'qpdf', '--check', await file('en'));
  if (text !== undefined) assert.match(text, /No syntax or stream encoding errors found/);
});

test('a checker of PDF/A-1b finds nothing but what PDF/A-3a allows', async (t) => {
  const parts = [
    'preflight',
    'pdfbox2',
    'xmpbox',
    'fontbox2',
    'commons-io',
    'commons-logging',
    'javax.activation',
    'jaxb-api',
  ];
  const jars = parts.map((name) => `/usr/share/java/${name}.jar`);
  if (!jars.every(existsSync)) return t.skip('preflight of PDFBox 2 is not installed (libpdfbox2-java)');
  const path = join(folder, 'unsigned.pdf');
  await writeFile(path, await rendered(() => exportOf(3), false));
  const text = said(t, 'java', '-cp', jars.join(':'), 'org.apache.pdfbox.preflight.Validator_A1b', path);
  if (text === undefined) return;
  const found = text.split('\n').filter((line) => /^\d/.test(line));
  const allowed = [
    /^1\.2\.9 : .*EmbeddedFile entry is present in a FileSpecification/,
    /^1\.4\.7 : .*EmbeddedFile entry is present in the Names/,
    /^3\.1\.11 : .*The CIDSet entry is missing/,
    /^7\.11\.2 : .*part must be 1/,
  ];
  assert.ok(found.length > 0, text);
  for (const line of found)
    assert.ok(
      allowed.some((pattern) => pattern.test(line)),
      line,
    );
});

test('the document says of itself what PDF/A-3a asks for', async (t) => {
  const path = await file('de');
  const shown = said(t, 'mutool', 'show', path, 'trailer/Root', 'trailer/ID');
  const metadata = said(t, 'pdfinfo', '-meta', path);
  const fonts = said(t, 'pdffonts', path);
  if (shown === undefined || metadata === undefined || fonts === undefined) return;
  for (const expected of [
    /\/Lang \(de\)/,
    /\/MarkInfo/,
    /\/ViewerPreferences/,
    /\/PageLabels/,
    /\/AF \[/,
    /\/OutputIntents \[/,
  ])
    assert.match(shown, expected);
  assert.match(metadata, /<pdfaid:part>3<\/pdfaid:part>\s*<pdfaid:conformance>A<\/pdfaid:conformance>/);
  const rows = fonts.trim().split('\n').slice(2);
  assert.equal(rows.length, 2);
  for (const row of rows) assert.match(row, /Identity-H\s+yes yes yes/);
});

test('the attachment is the records, byte for byte', async (t) => {
  const path = await file('en');
  const records = join(folder, 'evidence.jsonl');
  if (said(t, 'pdfdetach', '-saveall', '-o', folder, path) === undefined) return;
  const expected = [...exportOf(3)].map((record) => `${JSON.stringify(record)}\n`).join('');
  assert.equal(await readFile(records, 'utf8'), expected);
});

test('the outline leads to each patient, by the hundred where there are more', async (t) => {
  const shown = said(t, 'mutool', 'show', await file('en', 120), 'outline');
  if (shown === undefined) return;
  assert.match(
    shown,
    /"Patients 1 to 100".*"Patient 100: MRN-4810".*"Patients 101 to 120".*"Patient 120: MRN-4830"/s,
  );
});
