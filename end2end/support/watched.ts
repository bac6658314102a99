// The `request` fixture, watched: no test may make the store fail, whatever it sends.
import { expect, test as base, type APIRequestContext, type APIResponse } from "@playwright/test";

const CALLS = ["get", "head", "post", "put", "patch", "delete", "fetch"] as const;

export const test = base.extend({
  request: async ({ request }, use) => {
    const faults: string[] = [];
    const watched: APIRequestContext = new Proxy(request, {
      get(target, name) {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== "function") return member;
        if (!CALLS.some((call) => call === name)) return member.bind(target) as unknown;
        return async (...sent: unknown[]) => {
          const answer = (await member.apply(target, sent)) as APIResponse;
          if (answer.status() >= 500) faults.push(`${String(name)} ${answer.url()}: ${answer.status()}`);
          return answer;
        };
      },
    });
    await use(watched);
    expect(faults, "answers with a status of 500 or above").toEqual([]);
  },
});

export { expect };
