const begin = () => document.head.append(document.getElementById("program").content);
const whenIdle = () => (window.requestIdleCallback ?? setTimeout)(begin);
const wait = () => {
  for (const touch of ["pointerdown", "keydown", "focusin"]) addEventListener(touch, begin, { once: true });
  if (document.readyState === "complete" || document.querySelector("[data-news]")) whenIdle();
  else addEventListener("load", whenIdle);
  setTimeout(begin, 2000);
};
if (document.prerendering) document.addEventListener("prerenderingchange", wait, { once: true });
else wait();
