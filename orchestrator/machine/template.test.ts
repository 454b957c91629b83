import t from 'tap';
import { greetingBytes, templateKey } from './template.ts';

t.test("a greeting is the server's version and its first packet, whole", async (t) => {
  const packet = Buffer.concat([Buffer.from([0, 0, 0, 3]), Buffer.from('abc')]);
  const greeting = Buffer.concat([Buffer.from('SSH-2.0-dropbear_2022.83\r\n'), packet]);
  for (let bytes = 0; bytes < greeting.length; bytes++) {
    t.not(greetingBytes(greeting.subarray(0, bytes)), bytes, `cut at ${bytes} it is not whole`);
  }
  t.equal(greetingBytes(greeting), greeting.length);
});

t.test('the name changes with all that is in the machine, and not with what it is called', async (t) => {
  const request = {
    spec: { name: 'a', bzImage: '/1/bzImage', memoryMiB: 512, cpus: 1, accelerator: 'tcg' },
    content: ['kernel', 'image'],
    firstLook: 'health',
  } as const;
  const key = await templateKey(request);
  t.equal(await templateKey({ ...request, spec: { ...request.spec, name: 'b', bzImage: '/2' } }), key);
  for (const other of [
    { memoryMiB: 256 },
    { cpus: 2 },
    { devices: ['edu'] },
    { globals: ['a.b=off'] },
    { kernelParameters: ['x'] },
  ])
    t.not(await templateKey({ ...request, spec: { ...request.spec, ...other } }), key);
  t.not(await templateKey({ ...request, content: ['kernel', 'image2'] }), key);
  t.not(await templateKey({ ...request, firstLook: 'x' }), key);
});
