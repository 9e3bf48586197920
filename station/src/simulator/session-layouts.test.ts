import assert from 'node:assert/strict';
import { SESSION_LAYOUT_NAMES } from '@roamgrid/service-kit/csv';
import { DEFAULT_FILE_OPTIONS, readSessionFile, type SessionFileOptions } from './session-file.ts';

const read = (csv: string, more: Partial<SessionFileOptions> = {}) => {
  const file = readSessionFile(Buffer.from(csv), { ...DEFAULT_FILE_OPTIONS, maxPowerW: 50_000n, ...more });
  if (!file.ok) assert.fail(`${file.error.code}: ${file.error.message}`);
  return file.value;
};
const told = (csv: string, more: Partial<SessionFileOptions> = {}): readonly string[] => {
  const { sessions, refused } = read(csv, more);
  return [
    ...sessions.map(
      ({ sessionId, stationId, connector, startMs, endMs, energyWh }) =>
        `${sessionId}|${stationId}|${connector}|${new Date(startMs).toISOString().slice(0, 19)}|${new Date(endMs).toISOString().slice(0, 19)}|${energyWh}`,
    ),
    ...refused.map(({ line, fault }) => `${line} ${fault}`),
  ];
};

/** One session of each publisher, in its own columns, with the instants that it has to give. */
const PUBLISHED: Readonly<Record<string, readonly (readonly [csv: string, session: string])[]>> = {
  roamgrid: [
    [
      'session_id,station_id,plug_in,plug_out,energy_kwh\n1,a,2017-03-26 20:10,2017-03-26 24:00,3.5',
      '1|a|1|2017-03-26T19:10:00|2017-03-26T23:00:00|3500',
    ],
  ],
  acn: [
    [
      '_id,connectionTime,disconnectTime,kWhDelivered,sessionID,stationID\nx,"Wed, 25 Apr 2018 11:08:04 GMT","Wed, 25 Apr 2018 13:20:10 GMT",7.932,2_39,2-39-78',
      '2_39|2-39-78|1|2018-04-25T11:08:04|2018-04-25T13:20:10|7932',
    ],
  ],
  elaad: [
    [
      'TransactionId;ChargePoint;Connector;UTCTransactionStart;UTCTransactionStop;StartCard;ConnectedTime;ChargeTime;TotalEnergy;MaxPower\n34;0ab8;2;01-07-2019 15:10;02-07-2019 09:25;x;18,25;4,12;26,08;7,41',
      '34|0ab8|2|2019-07-01T15:10:00|2019-07-02T09:25:00|26080',
    ],
  ],
  'palo-alto': [
    [
      'Station Name,Start Date,Start Time Zone,End Date,End Time Zone,Energy (kWh),Plug In Event Id\nHAMILTON #1,7/29/2011 20:17,PDT,7/29/2011 23:20,PDT,6.249457,3',
      '3|HAMILTON #1|1|2011-07-30T03:17:00|2011-07-30T06:20:00|6249',
    ],
    [
      'Station Name,Start Date,Start Time Zone,End Date,End Time Zone,Energy (kWh),Plug In Event Id\nHAMILTON #1,11/6/2011 1:17,PST,11/6/2011 1:50,PST,2.5,4',
      '4|HAMILTON #1|1|2011-11-06T09:17:00|2011-11-06T09:50:00|2500',
    ],
  ],
  boulder: [
    [
      '\uFEFFObjectId,Station_Name,Start_Date___Time,Start_Time_Zone,End_Date___Time,End_Time_Zone,Energy__kWh_\n1,JUNCTION ST1,1/1/2018 17:49,MDT,1/1/2018 19:52,MDT,6.504',
      '1|JUNCTION ST1|1|2018-01-02T00:49:00|2018-01-02T02:52:00|6504',
    ],
  ],
  dundee: [
    [
      'CP ID,Connector,Start Date,Start Time,End Date,End Time,Total kWh,Cost,Site\n50911,2,30/11/2017,23:58,01/12/2017,00:53,10.52,0.00,X',
      'line-2|50911|2|2017-11-30T23:58:00|2017-12-01T00:53:00|10520',
    ],
    [
      'Charging event,CP ID,Connector,Start Date,Start Time,End Date,End Time,Total kWh\n77,50911,1,05/06/2018,09:58,05/06/2018,10:53,10.52',
      '77|50911|1|2018-06-05T08:58:00|2018-06-05T09:53:00|10520',
    ],
  ],
  dft: [
    [
      'ChargingEvent,CPID,StartDate,StartTime,EndDate,EndTime,Energy,PluginDuration\n166,AN1,2017-12-31,23:59:23,2018-01-01,18:20:23,8.8,18.35',
      '166|AN1|1|2017-12-31T23:59:23|2018-01-01T18:20:23|8800',
    ],
  ],
};

const HEAD = 'session_id,station_id,plug_in,plug_out,energy_kwh\n';

describe('charging sessions as publishers have them', () => {
  for (const layout of SESSION_LAYOUT_NAMES)
    it(`are the instants and the energy of ${layout}’s files`, () => {
      const files = PUBLISHED[layout] ?? [];
      assert.ok(files.length > 0, 'each layout has a file here');
      for (const [csv, session] of files) assert.deepEqual(told(csv, { layout }), [session]);
    });

  it('are the same in any date order, separator and year', () => {
    const pad = (value: number): string => String(value).padStart(2, '0');
    for (const [y, m, d] of [
      [2012, 3, 28],
      [2019, 1, 31],
      [2024, 12, 13],
    ] as const) {
      const dates = [
        `${y}-${pad(m)}-${pad(d)}`,
        `${d}.${m}.${y}`,
        `${pad(d)}/${pad(m)}/${y}`,
        `${m}/${d}/${y}`,
        `${d}-${m}-${y % 100}`,
      ];
      for (const date of dates)
        for (const [separator, energy] of [
          [',', '3.5'],
          [';', '3,5'],
          ['\t', '3,50'],
        ] as const) {
          const row = [1, 'a', `${date} 20:10`, `${date} 11:50 PM`, energy].join(separator);
          const day = `${y}-${pad(m)}-${pad(d)}`;
          assert.deepEqual(told(HEAD.replaceAll(',', separator) + row, { timeZone: 'Etc/UTC' }), [
            `1|a|1|${day}T20:10:00|${day}T23:50:00|3500`,
          ]);
        }
    }
  });

  it('have an offset, a name or none, which are the same instants', () => {
    const rows = [
      '1,a,2018-04-25 04:08:04-07:00,2018-04-25 06:20:10-07:00,7.9',
      '2,b,2018-04-25T11:08:04+00:00,2018-04-25T13:20:10.9Z,7.9',
      '3,c,2018-04-25 04:08:04.400812,2018-04-25 06:20:10.5,7.9',
      '4,d,2018-04-25 04:08:04 PDT,2018-04-25 06:20:10 PDT,7.9',
    ];
    assert.deepEqual(
      told(HEAD + rows.join('\n'), { timeZone: 'America/Los_Angeles' }).map((each) => each.slice(4)),
      Array.from({ length: 4 }, () => '1|2018-04-25T11:08:04|2018-04-25T13:20:10|7900'),
    );
  });

  it('are energy to the watt-hour, rounded where a file divides finer, and marks may be mixed', () => {
    const rows = [
      '1,a,2019-01-01 15:10,2019-01-02 09:25,"26,08"',
      '2,a,2019-01-03 15:10,2019-01-04 09:25,6.249457',
    ];
    assert.deepEqual(
      told(HEAD + rows.join('\n')).map((each) => each.split('|').at(-1)),
      ['26080', '6249'],
    );
    assert.deepEqual(told(`${HEAD}1,a,2019-01-01 15:10,2019-01-02 09:25,"1,026.08"`), ['2 IMPOSSIBLE_POWER']);
  });

  it('are refused as a whole by the true cause', () => {
    const refusal = (csv: string, more: Partial<SessionFileOptions> = {}): string => {
      const file = readSessionFile(Buffer.from(csv), { ...DEFAULT_FILE_OPTIONS, maxPowerW: 1n, ...more });
      return file.ok ? 'read' : `${file.error.code} ${file.error.message}`;
    };
    assert.equal(refusal(HEAD), 'EMPTY_FILE the file has no rows under its header');
    assert.match(refusal('a;b\n1;2'), /^NO_COLUMN .*parted by semicolons, has: a, b$/);
    assert.match(refusal(`${HEAD}1,a,1/2/2019,2/2/2019,1`), /^BAD_OPTION '1\/2\/2019' may be day\/month/);
    assert.match(refusal(`${HEAD}1,a,2019-01-01,2019-01-02,1`, { timeZone: 'Mars' }), /^ZONE_UNKNOWN /);
  });
});
