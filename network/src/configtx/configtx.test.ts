import assert from 'node:assert/strict';
import { withConsensus, withUtilityCount } from '../consortium/change.ts';
import { loadConsortium } from '../consortium/load.ts';
import { chaincodeEndorsement } from '../policy/consortium-policies.ts';
import { policyText } from '../policy/policy.ts';
import { configtx, type Placement } from './configtx.ts';

const placement: Placement = {
  mspDir: ({ mspId }) => `/msp/${mspId}`,
  anchorPeer: ({ domain }) => ({ host: `peer0.${domain}`, port: 7051 }),
  orderer: ({ domain }) => ({ host: `orderer0.${domain}`, port: 7050 }),
  ordererCertificates: ({ mspId }) => ({ tls: `/tls/${mspId}`, identity: `/id/${mspId}` }),
};

interface Organization {
  Name: string;
  Policies: Record<string, { Rule: string }>;
}

interface File {
  Profiles: {
    Consortium: {
      Capabilities: object;
      Orderer: {
        OrdererType: string;
        ConsenterMapping?: object[];
        EtcdRaft?: { Consenters: object[] };
        BatchTimeout: string;
      };
      Application: { Organizations: Organization[]; ACLs: object };
    };
  };
}

const build = async (consensus: 'raft' | 'bft'): Promise<File['Profiles']['Consortium']> =>
  (configtx(withConsensus(await loadConsortium(), consensus), placement) as File).Profiles.Consortium;

describe("the channel's configuration", () => {
  it('under BFT maps each consenter to its organisation and identity, under Raft to its certificates', async () => {
    const bft = await build('bft');
    assert.deepEqual(bft.Capabilities, { V3_0: true });
    assert.equal(bft.Orderer.OrdererType, 'BFT');
    assert.deepEqual(bft.Orderer.ConsenterMapping?.[3], {
      ID: 4,
      Host: 'orderer0.ordering.exchange.example',
      Port: 7050,
      MSPID: 'OrderingExchangeMSP',
      Identity: '/id/OrderingExchangeMSP',
      ClientTLSCert: '/tls/OrderingExchangeMSP',
      ServerTLSCert: '/tls/OrderingExchangeMSP',
    });
    const raft = await build('raft');
    assert.deepEqual([raft.Orderer.OrdererType, raft.Orderer.EtcdRaft?.Consenters.length], ['etcdraft', 3]);
    assert.equal(raft.Orderer.BatchTimeout, '200ms');
  });

  it("lets an auditor's services read and only its administrator write", async () => {
    const { Application } = await build('raft');
    const rules = (name: string): Record<string, string | undefined> => {
      const organisation = Application.Organizations.find(({ Name }) => Name === name);
      return {
        readers: organisation?.Policies['Readers']?.Rule,
        writers: organisation?.Policies['Writers']?.Rule,
      };
    };
    assert.deepEqual(rules('AuditorMSP'), {
      readers: "OutOf(1, 'AuditorMSP.admin', 'AuditorMSP.peer', 'AuditorMSP.client')",
      writers: "OutOf(1, 'AuditorMSP.admin')",
    });
    assert.equal(
      rules('DukeEnergyMSP')['writers'],
      "OutOf(1, 'DukeEnergyMSP.admin', 'DukeEnergyMSP.client')",
    );
    assert.deepEqual(Application.ACLs, {
      'peer/Propose': '/Channel/Application/Readers',
      'peer/ChaincodeToChaincode': '/Channel/Application/Readers',
    });
  });

  it('needs the endorsement of a majority of utilities, among which no auditor counts', async () => {
    const three = withUtilityCount(await loadConsortium(), 3);
    assert.equal(
      policyText(chaincodeEndorsement(three)),
      "OutOf(2, 'AlabamaPowerMSP.peer', 'DukeEnergyMSP.peer', 'GeorgiaPowerMSP.peer')",
    );
  });
});
