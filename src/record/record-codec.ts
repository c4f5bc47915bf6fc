import type { ClassCoding, Coding } from '../../schemas/coding.ts';
import type { FhirPeriod } from '../../schemas/instant.ts';
import type { Exception, Rule } from '../../schemas/provision.ts';
import type {
  At,
  ConsentEntry,
  Effect,
  Emergency,
  PatientRecord,
  Request,
  Restriction,
} from '../consent/state.ts';
import { type Codec, lazily, listOf, objectOf, plain } from './positional.ts';

type Grant = ConsentEntry['grant'];

const coding = objectOf<Coding>({ system: plain(), code: plain() });
const classCoding = objectOf<ClassCoding>({ code: plain(), system: plain() });
const period = objectOf<FhirPeriod>({ start: plain(), end: plain() });

/** What a rule and an exception have in common, in the order in which rules tend to use it. */
const criteria = {
  purpose: listOf(coding),
  action: plain<NonNullable<Exception['action']>>(),
  recipient: listOf(
    objectOf<NonNullable<Exception['recipient']>[number]>({ reference: plain(), role: coding }),
  ),
  label: listOf(coding),
  class: listOf(classCoding),
  period,
  obligations: listOf(coding),
  exceptions: listOf(lazily<Exception>(() => exception)),
  custodian: plain<string[]>(),
  author: plain<string[]>(),
  code: listOf(coding),
  data: listOf(objectOf<NonNullable<Exception['data']>[number]>({ meaning: plain(), reference: plain() })),
  dataPeriod: period,
};
const exception: Codec<Exception> = objectOf<Exception>(criteria);
const rule = objectOf<Rule>({ type: plain(), ...criteria });

const grant = objectOf<Grant>({
  consentId: plain(),
  signedAt: plain(),
  rules: listOf(rule),
  otherwise: plain(),
  period,
  purpose: listOf(coding),
  form: objectOf<NonNullable<Grant['form']>>({
    formId: plain(),
    version: plain(),
    combining: plain(),
    textSha256: plain(),
  }),
  replaces: plain(),
  grantor: plain(),
  retroactive: plain(),
  representative: objectOf<NonNullable<Grant['representative']>>({ reference: plain(), authority: plain() }),
  witness: plain(),
  source: objectOf<NonNullable<Grant['source']>>({ sha256: plain(), contentType: plain(), title: plain() }),
  resourceKey: plain(),
  contentSha256: plain(),
  unreadable: objectOf<NonNullable<Grant['unreadable']>>({ path: plain(), reason: plain() }),
});

const at = objectOf<At>({ revision: plain(), recordedAt: plain() });

const consent = objectOf<ConsentEntry>({
  revision: plain(),
  recordedAt: plain(),
  grant,
  revocations: listOf(objectOf<Effect>({ revision: plain(), recordedAt: plain(), effectiveAt: plain() })),
  invalidated: at,
  expired: at,
});

const emergency = objectOf<Emergency>({
  revision: plain(),
  recordedAt: plain(),
  declarationId: plain(),
  recipient: plain(),
  from: plain(),
  until: plain(),
});

const request = objectOf<Request>({ id: plain(), hash: plain(), revision: plain(), recordedAt: plain() });

/** A patient's record as it stands in a row. */
export const recordCodec = objectOf<PatientRecord>({
  revision: plain(),
  recordedAt: plain(),
  consents: listOf(consent) as Codec<readonly ConsentEntry[]>,
  emergencies: listOf(emergency) as Codec<readonly Emergency[]>,
  requests: listOf(request) as Codec<readonly Request[]>,
  restrictions: listOf(
    objectOf<Restriction>({ revision: plain(), recordedAt: plain(), restrictionId: plain(), lifted: at }),
  ) as Codec<readonly Restriction[]>,
  erased: at,
  settledBefore: plain(),
});

/** What was left out of a record as settled. */
export type Archive = Pick<PatientRecord, 'consents' | 'emergencies'>;

export const archiveCodec = objectOf<Archive>({
  consents: listOf(consent) as Codec<readonly ConsentEntry[]>,
  emergencies: listOf(emergency) as Codec<readonly Emergency[]>,
});
