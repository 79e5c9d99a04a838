import { describe, expect, it } from 'vitest';
import { formatScenario } from '../../src/language/index';
import { SAMPLE } from './helpers';

describe('the formatter', () => {
  it('leaves the sample as it is', () => {
    expect(formatScenario(SAMPLE)).toBe(SAMPLE);
  });

  it('sets spaces, indentation, braces, empty lines and comments', () => {
    const text = `profile   6.12 # x
device gpu0 private 64MiB   driver dmirror  speed = 3 # yy
schedule A * 3  B


process app
{

buf=mmap 64KiB   # c
read buf#d
\t\tfork c { read buf ; read buf[1] }

  # own

   thread T {
expect ! ( pte ( buf+0x3000 ) == [ 1 , 2 ])and -  1<buf [ 0 .. 4 ] . page
     print "a {  buf }"
gpu0 read buf expect [1 times 3,2 ] ,faults 1
}
  under 4.14 ,6.12 expect 1

}

`;
    expect(formatScenario(text)).toBe(`profile 6.12                                      # x
device gpu0 private 64MiB driver dmirror speed=3  # yy
schedule A*3 B

process app {
    buf = mmap 64KiB  # c
    read buf          #d
    fork c { read buf; read buf[1] }

    # own

    thread T {
        expect !(pte(buf + 0x3000) == [1, 2]) and -1 < buf[0..4].page
        print "a {  buf }"
        gpu0 read buf expect [1 times 3, 2], faults 1
    }
    under 4.14, 6.12 expect 1
}
`);
  });

  it('keeps a comment between a head and its brace', () => {
    expect(formatScenario('process app # why\n{ # because\nread 0x1000\n}')).toBe(
      'process app  # why\n{            # because\n    read 0x1000\n}\n',
    );
  });

  it('keeps the kind of line ends', () => {
    expect(formatScenario('process  a {\r\n}\r\n')).toBe('process a {\r\n}\r\n');
  });

  it('leaves a text with syntax errors alone', () => {
    const text = 'process  a {\n  read [\n}';
    expect(formatScenario(text)).toBe(text);
  });

  it('makes nothing of nothing', () => {
    expect(formatScenario('\n\n')).toBe('');
  });
});
