// kintone's own client at work on the server of its address: prints what it got, as JSON.
import { createRequire } from "node:module";
const [url, folder] = process.argv.slice(2);
const { KintoneRestAPIClient } = createRequire(folder + "/")("@kintone/rest-api-client");
const CUSTOMERS = 5, DEALS = 6;
const tokens = [CUSTOMERS, DEALS].map((app) => `canary-t0ken-${app}`);
const client = new KintoneRestAPIClient({ baseUrl: url, auth: { apiToken: tokens } });
const got = {};
const error = async (act) => {
  try {
    await act();
    return "none";
  } catch (e) {
    return { status: e.status, code: e.code, errors: e.errors && Object.keys(e.errors), bulkRequestIndex: e.bulkRequestIndex };
  }
};
const text = (value) => ({ value });

got.app = (await client.app.getApp({ id: CUSTOMERS })).name;
const form = (await client.app.getFormFields({ app: DEALS })).properties;
got.lookup = form["顧客"].lookup.relatedKeyField;
got.process = Object.keys((await client.app.getProcessManagement({ app: DEALS })).states);
got.first = await client.record.addRecord({ app: CUSTOMERS, record: { 文字列__1行_: text("株式会社A"), 顧客コード: text("C-1") } });
const many = [...Array(250).keys()].map((n) => ({ 文字列__1行_: text(`会社${n}`), MAスコア: text(n) }));
got.added = (await client.record.addAllRecords({ app: CUSTOMERS, records: many })).records.length;
got.withId = (await client.record.getAllRecordsWithId({ app: CUSTOMERS, fields: ["MAスコア"] })).length;
got.withCursor = (await client.record.getAllRecordsWithCursor({ app: CUSTOMERS, query: "MAスコア >= 200" })).length;
got.withOffset = (await client.record.getAllRecordsWithOffset({ app: CUSTOMERS, condition: "MAスコア < 10" })).length;
const some = await client.record.getRecords({ app: CUSTOMERS, query: "order by $id asc limit 2", totalCount: true });
got.some = { total: some.totalCount, ids: some.records.map((r) => r.$id.value), type: some.records[0].$id.type };
got.updated = await client.record.updateRecord({ app: CUSTOMERS, id: 1, revision: 1, record: { メモ: text("x") } });
got.upserted = await client.record.updateRecords({
  app: CUSTOMERS, upsert: true,
  records: [
    { updateKey: { field: "顧客コード", value: "C-1" }, record: { メモ: text("y") } },
    { updateKey: { field: "顧客コード", value: "C-2" }, record: { メモ: text("z") } },
  ],
});
got.deal = await client.record.addRecord({ app: DEALS, record: { 案件名: text("案件"), 顧客: text("C-1") } });
got.filled = (await client.record.getRecord({ app: DEALS, id: 1 })).record["顧客名"].value;
got.status = await client.record.updateRecordStatus({ app: DEALS, id: 1, action: "受注する", revision: 1 });
got.stale = await error(() => client.record.updateRecord({ app: CUSTOMERS, id: 1, revision: 1, record: {} }));
got.missing = await error(() => client.record.getRecord({ app: CUSTOMERS, id: 9999 }));
got.twice = await error(() => client.record.addRecords({ app: CUSTOMERS, records: [{}, { 顧客コード: text("C-1") }] }));
got.noLookup = await error(() => client.record.addRecord({ app: DEALS, record: { 案件名: text("a"), 顧客: text("C-9") } }));
got.required = await error(() => client.record.addRecord({ app: DEALS, record: {} }));
got.tooMany = await error(() => client.record.getRecords({ app: CUSTOMERS, query: "limit 501" }));
got.tooFar = await error(() => client.record.getRecords({ app: CUSTOMERS, query: "offset 10001" }));
got.wrongField = await error(() => client.record.getRecords({ app: CUSTOMERS, query: 'いない = "x"' }));
got.wrongOperator = await error(() => client.record.getRecords({ app: CUSTOMERS, query: 'メモ = "x"' }));
got.bulk = await error(() =>
  client.bulkRequest({
    requests: [
      { method: "POST", api: "/k/v1/record.json", payload: { app: CUSTOMERS, record: { メモ: text("never") } } },
      { method: "POST", api: "/k/v1/record.json", payload: { app: DEALS, record: {} } },
    ],
  }),
);
got.never = (await client.record.getRecords({ app: CUSTOMERS, query: 'メモ like "never"' })).records.length;
const stranger = new KintoneRestAPIClient({ baseUrl: url, auth: { apiToken: "wrong" } });
got.denied = await error(() => stranger.record.getRecords({ app: CUSTOMERS }));
const user = new KintoneRestAPIClient({ baseUrl: url, auth: { username: "sync", password: "wrong" } });
got.wrongPassword = await error(() => user.record.getRecords({ app: CUSTOMERS }));
const ids = (await client.record.getAllRecordsWithId({ app: CUSTOMERS, fields: ["$id"] })).map((r) => ({ id: r.$id.value }));
await client.record.deleteAllRecords({ app: CUSTOMERS, records: ids });
got.left = (await client.record.getAllRecordsWithId({ app: CUSTOMERS })).length;
console.log(JSON.stringify(got));
