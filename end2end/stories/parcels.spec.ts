// The checkout says in which parcels the order comes and when they leave.
import { bring, count } from "../support/goods";
import { add } from "../support/shopping";
import { expect, test } from "../support/test";

test("what lies in one warehouse comes in one parcel, and what lies in two in two", async ({ page, shopper }) => {
  const [lamp, cup] = [await bring("Lamp"), await bring("Cup")];
  await count(lamp, 5, "berlin");
  await count(cup, 5, "lyon");
  const parcels = page.getByRole("list", { name: "Parcels" }).getByRole("listitem");

  await add(page.request, lamp);
  await shopper.checkout.open();
  await expect(parcels).toHaveText([/^One parcel to Germany, leaves on [A-Z][a-z]+, \d+ [A-Z][a-z]+\.$/]);

  await add(page.request, cup);
  await shopper.checkout.open();
  await expect(parcels).toHaveCount(2);
  await expect(parcels.filter({ hasText: cup.name })).toHaveText(/^Parcel \d of 2 to Germany with 1 × /);
});
