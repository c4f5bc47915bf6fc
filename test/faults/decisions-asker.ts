import { asker, openDecisionKit, patientOf, question } from '../decisions/kit.ts';
import { good, tenant } from '../record/kit.ts';

/** Asks about one patient, eight questions at a time, and prints the id of each answer it is given, until killed. */
const kit = await openDecisionKit(process.argv[2]!);
await kit.grant('A');
const askOn = async (): Promise<void> => {
  for (;;) {
    const [given] = good(await kit.decisions.ask(asker, tenant, patientOf('A'), [question]));
    process.stdout.write(`${given!.decisionId}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, askOn));
