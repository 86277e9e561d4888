"""Clients of the seed's wire for Python 3, and a server of it: pickle itself reads and writes here, as it does in the
programs of that recipe.

    seed_peer.py room PORT NATIVE     eight clients, of protocols 0, 2, 4 and 5 and both widths, and a native member
    seed_peer.py crowd PORT COUNT     so many connections at once
    seed_peer.py deaf PORT            a hearer that never reads, and a speaker who fills what there is to fill
    seed_peer.py stop PORT            four that are gone at once, over and over
    seed_peer.py serve [narrow]       a server; prints its port, then what it hears, and says what stdin says
"""
import os
import pickle
import select
import socket
import struct
import sys
import time


class Client:
    def __init__(self, port, name=None, protocol=0, wide=True, source='127.0.0.1'):
        self.protocol, self.wide, self.buffer = protocol, wide, b''
        self.socket = socket.socket()
        self.socket.bind((source, 0))
        self.socket.settimeout(20)
        self.socket.connect(('127.0.0.1', port))
        if name is not None:
            self.say('NAME: ' + name)
            self.first = self.hear()

    def frame(self, text):
        body = pickle.dumps((text,), self.protocol)
        return struct.pack('>I', len(body)) + (b'\0\0\0\0' if self.wide else b'') + body

    def say(self, text):
        self.socket.sendall(self.frame(text))

    def take(self, count):
        while len(self.buffer) < count:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError
            self.buffer += data
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def hear(self):
        header = self.take(8 if self.wide else 4)
        assert header[4:] in (b'', b'\0\0\0\0'), header
        return pickle.loads(self.take(struct.unpack('>I', header[:4])[0]), encoding='utf-8')[0]

    def hear_all(self):
        texts = []
        try:
            while True:
                texts.append(self.hear())
        except EOFError:
            return texts


def expect(what, wanted):
    assert what == wanted, (what, wanted)


def room(port, native):
    kinds = [(p, w) for p in (0, 2, 4, 5) for w in (True, False)]
    clients = []
    for n, (protocol, wide) in enumerate(kinds):
        name = '小明%d' % n
        client = Client(port, name, protocol, wide)
        expect(client.first, 'CLIENT: 127.0.0.1')
        for other in clients:
            expect(other.hear(), '\n(新客户端连接: (%d) from %s@127.0.0.1)' % (n + 2, name))
        clients.append(client)
    # The native member has been waiting for the last of them.
    for client in clients:
        expect(client.hear(), '\n#[%s@127.0.0.1]>>welcome, 大家' % native)
    for n, speaker in enumerate(clients):
        for size in (1, 2, 255, 256, 5000, 16384):
            text = (chr(0x4e00 + n) * (size // 3)).ljust(size // 3 + size % 3, 'x')
            speaker.say(text)
            for hearer in clients:
                if hearer is speaker:
                    continue
                whole = ''
                while len(whole) < len(text):
                    prefix = '\n#[小明%d@127.0.0.1]>>' % n
                    piece = hearer.hear()
                    assert piece.startswith(prefix), piece[:60]
                    whole += piece[len(prefix):]
                expect(whole, text)
    for name, reason in (('server', 'server'), ('小明0', 'taken'), ('a@b', 'U+0040'), (native, 'taken')):
        refused = Client(port, name, 4)
        expect(refused.first, 'CLIENT: 127.0.0.1')
        said = refused.hear_all()
        assert len(said) == 1 and reason in said[0], said
    while clients:
        gone = clients.pop()
        gone.socket.close()
        for other in clients:
            expect(other.hear(), '\n(客户端离开: 小明%d@127.0.0.1)' % len(clients))


def crowd(port, count):
    """Of one address more than it may have, all of them with a name: in, or told why not, or at least not waiting."""
    held, refused = [], 0
    for n in range(count):
        client = Client(port, source='127.0.%d.%d' % (1 + n // 16, 1 + n % 16))
        client.say('NAME: n%d' % n)
        held.append(client)
    told = []
    for client in held:
        try:
            expect(client.hear(), 'CLIENT: ' + client.socket.getsockname()[0])
            told.append(client)
        except (EOFError, ConnectionResetError):
            refused += 1
    print(len(told), refused)


def deaf(port):
    hearer = Client(port, 'deaf')
    speaker = Client(port, 'speaker')
    other = Client(port, 'other')
    expect(speaker.hear(), '\n(新客户端连接: (3) from other@127.0.0.1)')
    for n in range(600):
        speaker.say('%d %s' % (n, 'x' * 10000))
        whole = ''
        while len(whole) < 10000:
            whole += other.hear().split('>>', 1)[1]
    # Whoever comes next is let in at once.
    expect(Client(port, 'late').first, 'CLIENT: 127.0.0.1')
    del hearer


def stop(port):
    watcher = Client(port, 'watcher')
    for turn in range(12):
        four = [Client(port, 'm%d%d' % (turn, n)) for n in range(4)]
        for n, client in enumerate(four):
            if n % 2:
                # Closed with a reset, as a machine that is switched off and on again would.
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        for client in four:
            client.socket.close()
        told = [watcher.hear() for _ in range(8)]
        for n in range(4):
            expect(told.count('\n(客户端离开: m%d%d@127.0.0.1)' % (turn, n)), 1)
    last = Client(port, 'last')
    expect(last.first, 'CLIENT: 127.0.0.1')
    expect(watcher.hear(), '\n(新客户端连接: (2) from last@127.0.0.1)')


def serve(wide):
    listener = socket.create_server(('127.0.0.1', 0))
    print(listener.getsockname()[1], flush=True)
    accepted, address = listener.accept()
    client = Client.__new__(Client)
    client.socket, client.wide, client.protocol, client.buffer = accepted, wide, 2, b''
    print(repr(client.hear()), flush=True)
    client.say('CLIENT: ' + address[0])
    while True:
        ready, _, _ = select.select([accepted, 0], [], [])
        if 0 in ready:
            line = os.read(0, 65536).decode()
            if not line:
                return accepted.close()
            for one in line.splitlines():
                client.say(one.encode().decode('unicode_escape').encode('latin1').decode())
        if accepted in ready:
            try:
                print(repr(client.hear()), flush=True)
            except EOFError:
                print('gone', flush=True)
                return


if __name__ == '__main__':
    what, rest = sys.argv[1], sys.argv[2:]
    started = time.monotonic()
    if what == 'room':
        room(int(rest[0]), rest[1])
    elif what == 'crowd':
        crowd(int(rest[0]), int(rest[1]))
    elif what == 'deaf':
        deaf(int(rest[0]))
    elif what == 'stop':
        stop(int(rest[0]))
    else:
        serve(rest != ['narrow'])
