// A session with the service, in a client that openapi-typescript and openapi-fetch make.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

declare const process: { argv: string[] };
const [url, key, clientAddress] = process.argv.slice(2);

const api = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });

function sure<Data>(answer: { data?: Data; error?: components["schemas"]["Problem"] }): Data {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const agent = sure(
  await api.POST("/api/v1/agents/register", {
    body: {
      owner_address: `0x${"ab".repeat(20)}`,
      chain: "base",
      registration_file: { name: "Weather agent" },
    },
  }),
);
console.log("registered", agent.registration_file?.["name"]);

const page = sure(
  await api.GET("/api/v1/agents/", {
    params: { query: { chain: "base", sort: "-registered_at", trust_level: ["new", "good"] } },
  }),
);
const level: components["schemas"]["FoundAgent"]["trust_level"] = page.agents[0].trust_level;
console.log("found", page.total, "agent at level", level);

const given = [];
const once = crypto.randomUUID();
for (let time = 0; time < 2; time += 1) {
  given.push(
    await api.POST("/api/v1/agents/feedback", {
      params: { header: { "Idempotency-Key": once } },
      body: { agent_uuid: agent.agent_uuid, client_address: clientAddress, score: 90 },
    }),
  );
}
if (sure(given[0]).feedback_id !== sure(given[1]).feedback_id) throw new Error("given twice");
console.log("the same feedback twice:", given[1].response.headers.get("Idempotency-Replayed"));

const path = { agent_uuid: agent.agent_uuid };
const stats = await api.GET("/api/v1/agents/{agent_uuid}/stats", { params: { path } });
console.log("statistics:", sure(stats).total_feedback, "feedback");
const etag = stats.response.headers.get("ETag") ?? "";
const again = await api.GET("/api/v1/agents/{agent_uuid}/stats", {
  params: { path, header: { "If-None-Match": etag } },
});
console.log("unchanged:", again.response.status);

const lookedUp = sure(
  await api.POST("/api/v1/agents/lookup", {
    body: {
      agents: [
        { agent_uuid: agent.agent_uuid },
        { chain: 8453, agent_id: 7 },
        { chain: "bsae", agent_id: "7" },
      ],
      include: ["stats"],
    },
  }),
).agents;
const codes = lookedUp.map((each) => each.code ?? "None");
console.log("looked up:", lookedUp[0].stats?.total_feedback, ...codes);

const missing = await api.GET("/api/v1/agents/{agent_uuid}", {
  params: { path: { agent_uuid: crypto.randomUUID() } },
});
const code: "AGENT_NOT_FOUND" | undefined =
  missing.error?.code === "AGENT_NOT_FOUND" ? missing.error.code : undefined;
console.log("no such agent:", missing.error?.status, code);

const changed = sure(
  await api.PATCH("/api/v1/agents/{agent_uuid}", { params: { path }, body: { status: "revoked" } }),
);
console.log("revoked agent:", changed.status);
