// What an independent FHIR client does with a gateway: it knows nothing of ours but the address and
// the token. Prints what it saw as JSON.
import { Client } from 'fhir-kit-client';

const [base, token] = process.argv.slice(2);
const client = new Client({ baseUrl: `${base}/fhir`, bearerToken: token });
const seen = {};

const statement = await client.capabilityStatement();
seen.version = statement.fhirVersion;

const patient = await client.create({
  resourceType: 'Patient',
  body: { resourceType: 'Patient', name: [{ family: 'Example', given: ['Eva'] }], birthDate: '1970-05-01' },
});
const subject = { reference: `Patient/${patient.id}` };
const observation = (day) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
  subject,
  effectiveDateTime: `2026-01-0${day}`,
  valueQuantity: { value: 60 + day, unit: '/min' },
});
const transaction = await client.transaction({
  body: {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [1, 2, 3].map((day) => ({
      resource: observation(day),
      request: { method: 'POST', url: 'Observation' },
    })),
  },
});
seen.created = transaction.entry.filter((entry) => entry.response.status.startsWith('201')).length;

const read = await client.read({ resourceType: 'Patient', id: patient.id });
seen.read = read.name[0].family;

let page = await client.search({
  resourceType: 'Observation',
  searchParams: { patient: patient.id, code: 'http://loinc.org|8867-4', _sort: '-date', _count: 2, _include: 'Observation:subject' },
});
seen.total = page.total;
seen.included = page.entry.filter((entry) => entry.search.mode === 'include').length;
seen.days = [];
while (page) {
  const matches = page.entry.filter((entry) => entry.search.mode === 'match');
  seen.days.push(...matches.map((entry) => entry.resource.effectiveDateTime));
  page = await client.nextPage({ bundle: page });
}

const updated = await client.update({
  resourceType: 'Patient',
  id: patient.id,
  body: { ...read, gender: 'female' },
  options: { headers: { 'If-Match': `W/"${read.meta.versionId}"` } },
});
seen.updated = updated.meta.versionId;
const history = await client.history({ resourceType: 'Patient', id: patient.id });
seen.versions = history.total;
try {
  await client.search({ resourceType: 'Observation', searchParams: { nonsense: 1 } });
} catch (error) {
  seen.refused = error.response.data.issue[0].details.coding[0].code;
}

const begun = await client.operation({
  name: 'export',
  method: 'GET',
  options: { headers: { Prefer: 'respond-async' } },
});
const at = Client.httpFor(begun).response.headers.get('content-location');
let manifest;
for (let attempt = 0; attempt < 100; attempt += 1) {
  manifest = await client.request(at);
  if (Client.httpFor(manifest).response.status === 200) break;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
seen.exported = {};
for (const file of manifest.output) {
  const answer = await fetch(file.url, { headers: { authorization: `Bearer ${token}` } });
  const lines = (await answer.text()).trim().split('\n').map((line) => JSON.parse(line));
  seen.exported[file.type] = lines.filter((one) => one.resourceType === file.type).length;
}

const events = await client.search({ resourceType: 'AuditEvent', searchParams: { patient: patient.id } });
seen.accounted = events.total;

console.log(JSON.stringify(seen));
