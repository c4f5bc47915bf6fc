import { withFolder } from '../vault/kit.ts';
import { raceExports } from './export-races.ts';
import { raceNodes } from './node-races.ts';
import { race } from './races.ts';
import { type ErasingLedger, newKeys, openErasing } from './saga-kit.ts';

/** Many races: `node test/erasure/run-races.ts [rounds] [answers|exports|nodes]`; docs/erasure.md has its figures. */
const [, , rounds = '1000', what = 'answers'] = process.argv;

type OnRound = (round: number) => void;
const embedded =
  (races: (erasing: ErasingLedger, rounds: number, onRound: OnRound) => Promise<object>) =>
  async (count: number, onRound: OnRound): Promise<object> => {
    let came = {};
    await withFolder(async (folder) => {
      await newKeys(folder);
      const erasing = await openErasing(folder);
      came = await races(erasing, count, onRound);
      await erasing.close();
    });
    return came;
  };

const races = { answers: embedded(race), exports: embedded(raceExports), nodes: raceNodes }[what];
if (races === undefined) throw new Error(`there are no races of ${what}`);
const came = await races(Number(rounds), (round) => {
  if ((round + 1) % 10 === 0) process.stderr.write(`${round + 1} of ${rounds}\n`);
});
process.stdout.write(`${JSON.stringify(came)}\n`);
