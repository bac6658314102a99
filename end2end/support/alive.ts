// When an island has come alive, and when the server has answered it. Until then the same page is
// plain forms and links, which work too; a story that is told with scripts waits, so that it is always
// told in the same way.
import { expect, type BrowserContext, type Locator, type Page } from "@playwright/test";

/** Lets every element carry the names of the events that a script listens for on it. */
export async function markListeners(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const listen = EventTarget.prototype.addEventListener;
    EventTarget.prototype.addEventListener = function (this: EventTarget, ...how: Parameters<typeof listen>) {
      if (this instanceof Element) {
        const names = new Set((this.getAttribute("data-listens") ?? "").split(" ").filter(Boolean));
        this.setAttribute("data-listens", [...names.add(how[0])].join(" "));
      }
      return listen.apply(this, how);
    };
  });
}

/** Waits until a script listens for `event` on this element, or around it. */
export async function listens(element: Locator, event: "click" | "submit"): Promise<void> {
  const marked = `contains(concat(" ", @data-listens, " "), " ${event} ")`;
  const listener = element.locator(`xpath=ancestor-or-self::*[not(self::html)][${marked}]`);
  await expect(listener.first()).toBeAttached();
}

/** Does something that changes the cart at once, and waits until the server knows it too. */
export async function answered(
  page: Page,
  change: "add" | "remove" | "set",
  act: () => Promise<void>,
): Promise<void> {
  const answer = page.waitForResponse((response) => response.url().endsWith(`/api/cart/${change}`));
  await act();
  await (await answer).finished();
}
