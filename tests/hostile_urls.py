"""Addresses and URLs by what they lead to; read by the tests of downloads."""

PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]

NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.5", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9"),
    *("168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8"),
    *("192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.5"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1"),
    *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2002:7f00:1::", "2002:a00:5::1", "3fff::1"),
    *("5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700::1%1"),
    *("fec0::1", "ff02::1", "ff0e::1", "4000::1", "", "localhost", "127.1", "0x7f.1", "1.2.3.4/8"),
]

UNUSABLE = [
    *("", "picture.png", "/picture.png", "//pictures.example/x", "http:", "http://", "https:///x"),
    *("file:///etc/passwd", "ftp://pictures.example/x", "gopher://pictures.example/", "data:,x"),
    *("javascript:alert(1)", "unix:///var/run/docker.sock", "jar:http://pictures.example!/"),
    *("http://user@pictures.example/", "http://user:pass@pictures.example/"),
    *("http://pictures.example@127.0.0.1/", "http://pictures.example:80@127.0.0.1/"),
    *("http://127.0.0.1\\@pictures.example/", "http:\\\\127.0.0.1\\", "http://a.example\\.b/"),
    *(" http://pictures.example/", "http://pictures.example/\n", "http://pictures.example/a b"),
    *("http://pic\ttures.example/", "http://pictures.example/\x00", "http://pictures.example/\x7f"),
    *(
        "http://pictures.example/\u202e",
        "http://pictures.example/\u2028",
        "http://a\ud800.example/",
    ),
    *("http://pictures\u200b.example/", "http://pictures\u00ad.example/"),
    *("http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/"),
    *(
        "http://127.1/",
        "http://127.0.1/",
        "http://0/",
        "http://017700000001/",
        "http://0X7F.0.0.1/",
    ),
    *("http://127.0.0.0x1/", "http://127.0.0.01/", "http://10.5./", "http://1.2.3.256/"),
    *("http://1.2.3.4.5/", "http://127。1/", "http://①②⑦.⓪.⓪.①/", "http://0x/"),
    *(
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://[::1%25lo]/",
        "http://[v1.x]/",
        "http://[]/",
    ),
    *("http://::1/", "http://127%2e0%2e0%2e1/", "http://loc%61lhost/", "http://a..example/"),
    *(
        "http://.example/",
        "http://xn--a/",
        "http://xn--zz.example/",
        "http://-a.example/",
        "http://a$b.example/",
        "http://*/",
        "http://./",
    ),
    *("http://pictures.example:0/", "http://pictures.example:65536/", "http://pictures.example:x/"),
    *(f"http://{'a' * 64}.example/", f"http://{'a.' * 130}example/", f"http://a/{'x' * 70000}"),
]

INSIDE = [
    *(
        "http://127.0.0.1/",
        "https://127.0.0.1:8443/",
        "http://127.0.0.1./",
        "http://10.0.0.5/x.png",
    ),
    *("http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/", "http://0.0.0.0/"),
    *("http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
    *("http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fd00:ec2::254]/"),
    *(
        "http://[fe80::1]/",
        "http://[::127.0.0.1]/",
        "http://192.168.0.1:8080/",
        "http://224.0.0.1/",
    ),
    *("http://127。0。0。1/", "http://\uff1127.0.0.1/", "http://@127.0.0.1/"),
]
