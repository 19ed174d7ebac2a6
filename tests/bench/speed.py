#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed and memory of the whole receiver on a carrier made by gr-dtv: every packet compared with what was sent.

Makes a file of 16-bit samples (2 a symbol, gr-dtv's PLFRAMEs with a transport stream of random payload, pulse shaped over
the whole loop, carrier and clock off, noise by numpy with its power measured in the file) whose end fits its beginning,
and gives it, again and again out of the page cache, to the standard input of
    program     spacesail rx - --ts -
    flowgraph   iq_source -> dvbs2x_sync -> dvbs2x_decoder -> bb_deframer -> packet_sink in GNU Radio
until --seconds have passed. Prints FER, mean iterations, Msym/s, CPU seconds and the peak of resident memory, one JSON
object a run with --results. Ends with 1 if a packet is wrong, marked as bad or lost behind the first good one.

    speed.py --build build/release                         QPSK 1/2 and 3/4, both ways, 30 s each
    speed.py --build build/release --seconds 600 --ways program --modcods "QPSK 1/2"      memory on endless input
    speed.py --build build/release --file-gb 0.3 --seconds 5                              a short check

The file is kept in --cache; it must fit into free memory. Let nothing else run on the machine.
"""
import argparse
import concurrent.futures
import fcntl
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'support')]
import channel  # noqa: E402
import grdtv_source  # noqa: E402
from sensitivity import ideal_es_n0_db  # noqa: E402

SPS, LEVEL_DBFS, SYMBOL_RATE = 2, -12.0, 25e6


def make_file(a, modcod):
    """The looped input and what was sent: path of samples, dict, packets."""
    entry = grdtv_source.entry_of(modcod, 'normal')
    es_n0_db = ideal_es_n0_db(entry) + a.margin
    name = '%s-%g-%g-%g' % (modcod.replace(' ', '_').replace('/', '-'), es_n0_db, a.file_gb, a.clock_ppm)
    path = os.path.join(a.cache, name)
    if not os.path.exists(path + '.json'):
        os.makedirs(a.cache, exist_ok=True)
        frames = grdtv_source.ts_loop_frames(entry, 100)
        symbols, packets = grdtv_source.ts_symbols(entry, True, 0, frames)
        clean = grdtv_source.shape(symbols, SPS, 0.2, a.clock_ppm)
        loops = max(1, int(a.file_gb * 1e9 / (4 * len(clean))))
        meta = write_noisy(a, clean, loops, es_n0_db, path + '.ci16')
        meta.update(modcod=entry['name'], frames=frames * loops, symbols=len(symbols) * loops, file_loops=loops,
                    es_n0_db=es_n0_db, plframe_symbols=grdtv_source.plframe_symbols(entry, True),
                    clock_ppm=1e6 * (len(symbols) * SPS / len(clean) - 1))
        np.save(path + '.npy', packets)
        with open(path + '.json', 'w') as f:
            json.dump(meta, f)
    with open(path + '.json') as f:
        return path + '.ci16', json.load(f), np.load(path + '.npy')


def write_noisy(a, clean, loops, es_n0_db, path):
    """`loops` times the clean carrier, offset and fresh noise over all of it; powers as they are in the file."""
    total = loops * len(clean)
    cycles = round(a.cfo_share / SPS * total)  # whole ones: the end fits the beginning
    power = float(np.mean(clean.real.astype(np.float64) ** 2 + clean.imag.astype(np.float64) ** 2))
    sigma = np.float32(math.sqrt(0.5 * power * SPS / 10 ** (es_n0_db / 10)))
    scale = np.float32(32768 * 10 ** (LEVEL_DBFS / 20) / math.sqrt(power))
    block = channel.BLOCK
    pool = concurrent.futures.ThreadPoolExecutor(2)

    def noise(index):
        return channel.generator(a.seed, channel.WHITE, index).standard_normal(2 * block, dtype=np.float32) * sigma

    white = channel.Ahead(noise, pool)
    source = channel.Loop(clean, 0.0)
    signal_sum = noise_sum = 0.0
    clipped = 0
    with open(path + '.part', 'wb') as f:
        for done in range(0, total, block):
            n = min(block, total - done)
            turn = np.exp(2j * np.pi * ((done + np.arange(block)) * cycles % total / total)).astype(np.complex64)
            signal = scale * (source.take(block) * turn)
            q = np.round(signal.view(np.float32) + scale * white.take())
            clipped += int(np.count_nonzero(np.abs(q[:2 * n]) > 32767))
            q = np.clip(q, -32768, 32767)
            error = (q - signal.view(np.float32))[:2 * n].astype(np.float64)
            noise_sum += float(error @ error)
            s = signal.view(np.float32)[:2 * n].astype(np.float64)
            signal_sum += float(s @ s)
            f.write(q[:2 * n].astype('<i2').tobytes())
    pool.shutdown(cancel_futures=True)
    os.replace(path + '.part', path)
    return dict(samples=total, cfo_hz=cycles / total * SPS * SYMBOL_RATE, clipped=clipped,
                measured_es_n0_db=10 * math.log10(signal_sum / noise_sum * SPS))


class Judge(threading.Thread):
    """Reads packets and compares each with the one that was sent next."""

    def __init__(self, stream, packets):
        super().__init__(daemon=True)
        self.stream, self.sent = stream, packets
        self.packets = self.wrong = self.marked = self.lost = self.tears = self.odd_bytes = 0
        self.at = None  # number of the last good packet and its place

    def run(self):
        rest = b''
        while True:
            data = self.stream.read1(1 << 20)
            if not data:
                break
            data = rest + data
            whole = len(data) // 188
            rest = data[188 * whole:]
            if whole:
                self.check(np.frombuffer(data, np.uint8, 188 * whole).reshape(-1, 188))
        self.odd_bytes = len(rest)

    def check(self, got):
        period = len(self.sent)
        n = len(got)
        self.packets += n
        marked = (got[:, 1] & 0x80) != 0  # the deframer's word for a bad CRC-8
        index = got[:, 4:8].astype(np.uint32)
        index = (index[:, 0] << 24 | index[:, 1] << 16 | index[:, 2] << 8 | index[:, 3]).astype(np.int64)
        good = ~marked & (index < period)
        good[good] = (got[good] == self.sent[index[good]]).all(axis=1)
        self.marked += int(np.count_nonzero(marked))
        self.wrong += int(np.count_nonzero(~good & ~marked))
        # Good packets in their order; what is between two of them and did not come at all is lost.
        where = np.flatnonzero(good)
        if not len(where):
            if self.at is not None:
                self.at = (self.at[0], self.at[1] - n)
            return
        numbers = index[where]
        position = where
        if self.at is not None:
            numbers = np.concatenate(([self.at[0]], numbers))
            position = np.concatenate(([self.at[1]], position))
        missing = (np.diff(numbers) - np.diff(position)) % period
        self.tears += int(np.count_nonzero(missing))
        self.lost += int(missing.sum())
        self.at = (int(index[where[-1]]), int(where[-1]) - n)  # counted from the end of this piece


def feed(path, pipe, until, told):
    """The file into the pipe without a copy, round after round; counts the bytes that went."""
    size = os.path.getsize(path)
    with open(path, 'rb') as f:
        try:
            while time.monotonic() < until:
                at = 0
                while at < size and time.monotonic() < until:
                    n = os.splice(f.fileno(), pipe, min(1 << 20, size - at), offset_src=at)
                    at += n
                    told['bytes'] += n
        except BrokenPipeError:
            pass  # the receiver has ended; its status tells why
    os.close(pipe)


def memory_mb(pid):
    try:
        with open('/proc/%d/status' % pid) as f:
            for line in f:
                if line.startswith('VmHWM'):
                    return float(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def complaints(r):
    """What is wrong with a run, given what --results holds of it; nothing if the receiver did all it should."""
    checks = [(r['status'] == 0, 'exit status %d' % r['status']),
              (r['packets'] > 0, 'no packet'),
              (r['packets_wrong'] == 0, '%d packets wrong' % r['packets_wrong']),
              (r['packets_marked'] == 0, '%d packets marked as bad' % r['packets_marked']),
              # Counted behind the first good packet: all came that were sent from there on.
              (r['packets_lost'] == 0, '%d packets lost' % r['packets_lost']),
              (r['odd_bytes'] == 0, '%d bytes of a packet at the end' % r['odd_bytes']),
              # Five PLFRAMEs may pass before the first, two are cut at the end.
              (r['frames_missing_at_the_ends'] < 8, '%.1f PLFRAMEs missing at the ends' % r['frames_missing_at_the_ends'])]
    return [text for fine, text in checks if not fine]


def run(a, way, modcod):
    path, meta, packets = make_file(a, modcod)
    with open(path, 'rb') as f:  # into the page cache
        while f.read(1 << 24):
            pass
    env = dict(os.environ, PYTHONPATH=os.path.join(a.build, 'python'), GR_CONF_LOG_LOG_LEVEL='warn')
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, 'report.json')
        if way == 'program':
            command = [os.path.join(a.build, 'bin', 'spacesail'), 'rx', '-', '--format', 'ci16', '--rate',
                       str(SPS * SYMBOL_RATE), '--symbol-rate', str(SYMBOL_RATE), '--ts', '-', '--json', report, '--quiet',
                       '--threads', str(a.threads), '--iterations', str(a.iterations)]
        else:
            command = [sys.executable, os.path.abspath(__file__), '--flowgraph', report, '--threads', str(a.threads),
                       '--iterations', str(a.iterations)]
        read_end, write_end = os.pipe()
        try:
            fcntl.fcntl(write_end, 1031, 1 << 20)  # F_SETPIPE_SZ
        except OSError:
            pass
        begin = time.monotonic()
        child = subprocess.Popen(command, stdin=read_end, stdout=subprocess.PIPE, env=env)
        os.close(read_end)
        judge = Judge(child.stdout, packets)
        judge.start()
        told = dict(bytes=0)
        feeder = threading.Thread(target=feed, args=(path, write_end, begin + a.seconds, told), daemon=True)
        feeder.start()
        peak = 0.0
        status = usage = None
        while status is None:
            peak = max(peak, memory_mb(child.pid))
            pid, code, used = os.wait4(child.pid, os.WNOHANG)
            if pid:
                status, usage = os.waitstatus_to_exitcode(code), used
            else:
                time.sleep(0.2)
        wall = time.monotonic() - begin
        child.returncode = status
        judge.join()
        feeder.join()
        try:
            with open(report) as f:
                told_by = json.load(f)
        except (OSError, ValueError):
            sys.exit('%s: ended with %d and without a report' % (way, status))
    symbols = told['bytes'] / 4 / SPS * (1 + 1e-6 * meta['clock_ppm'])
    fec = told_by['fec']
    sent_frames = symbols / meta['plframe_symbols']
    frame_packets = len(packets) / (meta['frames'] / meta['file_loops'])
    ends = sent_frames - (judge.packets + judge.lost) / frame_packets
    r = dict(way=way, modcod=meta['modcod'], es_n0_db=meta['measured_es_n0_db'], cfo_hz=meta['cfo_hz'],
             clock_ppm=meta['clock_ppm'], frames=fec['frames'], errors=fec['errors'],
             fer=fec['errors'] / max(1, fec['frames']), mean_iterations=fec['mean_iterations'], max_iterations=a.iterations, msym_per_s=1e-6 * symbols / wall,
             wall_s=wall, cpu_s=usage.ru_utime + usage.ru_stime, peak_rss_mb=peak, packets=judge.packets,
             packets_wrong=judge.wrong, packets_marked=judge.marked, packets_lost=judge.lost, tears=judge.tears,
             odd_bytes=judge.odd_bytes,
             frames_missing_at_the_ends=ends, threads=a.threads, status=status)
    print('%-9s %-9s %6.2f %9.2e %6.1f %7.1f %7.1f %7.1f %7.1f %9d %6d %6d %6d %6.1f' %
          (way, meta['modcod'], r['es_n0_db'], r['fer'], r['mean_iterations'], r['msym_per_s'], wall, r['cpu_s'], peak,
           judge.packets, judge.wrong, judge.marked, judge.lost, ends), flush=True)
    if a.results:
        with open(a.results, 'a') as f:
            f.write(json.dumps(r) + '\n')
    why = complaints(r)
    for text in why:
        print('  fails: ' + text, flush=True)
    return not why


def flowgraph(a):
    """The receiving flowgraph, standard input to standard output."""
    import pmt
    from gnuradio import gr, spacesail

    source = spacesail.iq_source('-', output='ci16', format='ci16', rate=SPS * SYMBOL_RATE)
    sync = spacesail.dvbs2x_sync(SPS * SYMBOL_RATE, SYMBOL_RATE, input='ci16')
    decoder = spacesail.dvbs2x_decoder(threads=a.threads, max_iterations=a.iterations)
    deframer = spacesail.bb_deframer('ts')
    graph = gr.top_block('speed')
    graph.connect(source, sync, decoder, deframer, spacesail.packet_sink('-', 'ts'))
    graph.run()
    status = pmt.to_python(decoder.status())
    with open(a.flowgraph, 'w') as f:
        json.dump(dict(fec=dict(frames=status['frames'], errors=status['frames'] - status['good'],
                                mean_iterations=status['mean_iterations'])), f)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--build', default='build/release')
    p.add_argument('--modcods', nargs='+', default=['QPSK 1/2', 'QPSK 3/4'])
    p.add_argument('--ways', nargs='+', default=['program', 'flowgraph'], choices=('program', 'flowgraph'))
    p.add_argument('--seconds', type=float, default=30.0, help='of running, each')
    p.add_argument('--margin', type=float, default=1.0, help='dB above the ideal Es/N0')
    p.add_argument('--file-gb', type=float, default=3.0, help='length of the looped file, at most 4')
    p.add_argument('--cfo-share', type=float, default=0.01, help='carrier offset over the symbol rate')
    p.add_argument('--clock-ppm', type=float, default=20.0)
    p.add_argument('--threads', type=int, default=max(1, (os.cpu_count() or 2) - 1), help='that decode')
    p.add_argument('--iterations', type=int, default=50)
    p.add_argument('--cache', default=os.path.join(os.environ.get('TMPDIR', '/tmp'), 'spacesail-speed'))
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--results', help='one JSON object a line is added here')
    p.add_argument('--flowgraph', help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.flowgraph:
        flowgraph(a)
        return
    a.build = os.path.abspath(a.build)
    print('%-9s %-9s %6s %9s %6s %7s %7s %7s %7s %9s %6s %6s %6s %6s' %
          ('way', 'modcod', 'Es/N0', 'FER', 'iter', 'Msym/s', 'wall s', 'CPU s', 'RSS MB', 'packets', 'wrong', 'marked',
           'lost', 'ends'))
    fine = True
    for modcod in a.modcods:
        for way in a.ways:
            fine = run(a, way, modcod) and fine
    sys.exit(0 if fine else 1)


if __name__ == '__main__':
    main()
