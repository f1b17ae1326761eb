//! Which addresses a task may not be made to connect to.
//!
//! A url is data from outside. Unless the limit allows it, such data must not reach what only this machine can
//! reach: its own services, the network it stands in, the cloud's metadata. Only addresses of the public
//! internet are left, by the IANA special-purpose registries (RFC 6890 and its updates).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Stretches of IPv4 that are not the public internet. The first that holds an address is its reason.
const REFUSED_V4: [(Ipv4Addr, u32, &str); 19] = [
    (Ipv4Addr::new(169, 254, 169, 254), 32, "a cloud's metadata"),
    (Ipv4Addr::new(169, 254, 170, 0), 24, "a cloud's metadata"),
    (Ipv4Addr::new(100, 100, 100, 200), 32, "a cloud's metadata"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "a cloud's metadata"),
    (Ipv4Addr::new(192, 0, 0, 192), 32, "a cloud's metadata"),
    (Ipv4Addr::new(0, 0, 0, 0), 8, "this host"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarking"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// The same for IPv6, after addresses that wrap an IPv4 address have been unwrapped.
const REFUSED_V6: [(Ipv6Addr, u32, &str); 19] = [
    (v6(0xfd00, 0x0ec2, 0, 0x0254), 128, "a cloud's metadata"),
    (v6(0xfd20, 0x00ce, 0, 0x0254), 128, "a cloud's metadata"),
    (v6(0, 0, 0, 0), 128, "this host"),
    (v6(0, 0, 0, 1), 128, "loopback"),
    (v6(0, 0, 0, 0), 96, "IPv4-compatible"),
    (v6(0x0064, 0xff9b, 1, 0), 48, "a local translation"),
    (v6(0x0100, 0, 0, 0), 64, "discarded"),
    (v6(0x2001, 0, 0, 0), 32, "a Teredo tunnel"),
    (v6(0x2001, 0x0002, 0, 0), 48, "benchmarking"),
    (v6(0x2001, 0x0010, 0, 0), 28, "reserved"),
    (v6(0x2001, 0x0db8, 0, 0), 32, "documentation"),
    (v6(0x3fff, 0, 0, 0), 20, "documentation"),
    (v6(0xfc00, 0, 0, 0), 7, "private"),
    (v6(0xfe80, 0, 0, 0), 10, "link-local"),
    (v6(0xfec0, 0, 0, 0), 10, "private"),
    (v6(0xff00, 0, 0, 0), 8, "multicast"),
    // What is left beside 2000::/3 was never given to anybody: 0000::/3 and 4000::/2, 8000::/1.
    (v6(0, 0, 0, 0), 3, "reserved"),
    (v6(0x4000, 0, 0, 0), 2, "reserved"),
    (v6(0x8000, 0, 0, 0), 1, "reserved"),
];

/// What kind of address this is, if it isn't one of the public internet.
///
/// An IPv6 address that only wraps an IPv4 address (mapped, NAT64, 6to4) is judged by what it wraps: a router
/// or this machine's own stack would unwrap it and connect there.
pub fn refusal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refusal_v4(address),
        IpAddr::V6(address) => match wrapped(address) {
            Some(inner) => refusal_v4(inner),
            None => refusal_v6(address),
        },
    }
}

fn refusal_v4(address: Ipv4Addr) -> Option<&'static str> {
    if address.is_broadcast() {
        return Some("broadcast");
    }
    let held = |base: Ipv4Addr, length: u32| (address.to_bits() ^ base.to_bits()).leading_zeros() >= length;
    REFUSED_V4.into_iter().find_map(|(base, length, kind)| held(base, length).then_some(kind))
}

fn refusal_v6(address: Ipv6Addr) -> Option<&'static str> {
    let held = |base: Ipv6Addr, length: u32| (address.to_bits() ^ base.to_bits()).leading_zeros() >= length;
    REFUSED_V6.into_iter().find_map(|(base, length, kind)| held(base, length).then_some(kind))
}

/// The IPv4 address inside `::ffff:0:0/96`, `64:ff9b::/96` or `2002::/16`.
fn wrapped(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(join(g, h)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

/// An IPv6 address of its first three segments and its last.
const fn v6(a: u16, b: u16, c: u16, last: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, 0, 0, 0, 0, last)
}

#[cfg(test)]
mod tests {
    //! One address of every stretch and its neighbours outside; wrapping changes nothing.

    use proptest::prelude::*;

    use super::*;

    fn kind(address: &str) -> Option<&'static str> {
        refusal(address.parse().unwrap())
    }

    #[test]
    fn p5_every_special_stretch_is_refused() {
        let table = [
            ("169.254.169.254", "a cloud's metadata"),
            ("169.254.170.2", "a cloud's metadata"),
            ("100.100.100.200", "a cloud's metadata"),
            ("168.63.129.16", "a cloud's metadata"),
            ("192.0.0.192", "a cloud's metadata"),
            ("fd00:ec2::254", "a cloud's metadata"),
            ("fd20:ce::254", "a cloud's metadata"),
            ("0.0.0.0", "this host"),
            ("0.1.2.3", "this host"),
            ("127.0.0.1", "loopback"),
            ("127.255.255.255", "loopback"),
            ("10.0.0.1", "private"),
            ("172.16.0.1", "private"),
            ("172.31.255.255", "private"),
            ("192.168.1.1", "private"),
            ("100.64.0.1", "shared"),
            ("100.127.255.255", "shared"),
            ("169.254.0.1", "link-local"),
            ("192.0.0.8", "reserved"),
            ("192.0.2.1", "documentation"),
            ("198.51.100.1", "documentation"),
            ("203.0.113.1", "documentation"),
            ("198.19.255.255", "benchmarking"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.250", "multicast"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.255", "broadcast"),
            ("::", "this host"),
            ("::1", "loopback"),
            ("::127.0.0.1", "IPv4-compatible"),
            ("::ffff:127.0.0.1", "loopback"),
            ("::ffff:169.254.169.254", "a cloud's metadata"),
            ("64:ff9b::10.0.0.1", "private"),
            ("64:ff9b:1::808:808", "a local translation"),
            ("2002:7f00:1::", "loopback"),
            ("2002:c0a8:101::1", "private"),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "a Teredo tunnel"),
            ("2001:2::1", "benchmarking"),
            ("2001:10::1", "reserved"),
            ("2001:db8::1", "documentation"),
            ("3fff:fff::1", "documentation"),
            ("100::1", "discarded"),
            ("fc00::1", "private"),
            ("fdff::1", "private"),
            ("fe80::1", "link-local"),
            ("fec0::1", "private"),
            ("ff02::1", "multicast"),
            ("5f00::1", "reserved"),
            ("::ffff:0:10.0.0.1", "reserved"),
            ("9000::1", "reserved"),
        ];
        for (address, expected) in table {
            assert_eq!(kind(address), Some(expected), "{address}");
        }
    }

    #[test]
    fn p5_the_public_internet_is_not_refused() {
        let table = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001::1",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
        ];
        for address in table {
            assert_eq!(kind(address), None, "{address}");
        }
    }

    proptest! {
        #[test]
        fn p5_wrapping_an_address_changes_nothing(bits: u32, rest: u64, port: u16) {
            let inner = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = inner.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            let six_to_four = u128::from(0x2002_u16) << 112 | u128::from(bits) << 80 | u128::from(rest);
            let wraps = [
                inner.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::from_bits(six_to_four | u128::from(port) << 64),
            ];
            for wrap in wraps {
                prop_assert_eq!(refusal(wrap.into()), refusal(inner.into()), "{}", wrap);
            }
        }

        #[test]
        fn p5_nothing_that_std_calls_special_gets_through(bits: u32, wide: u128) {
            let narrow = Ipv4Addr::from_bits(bits);
            let special = narrow.is_private() || narrow.is_loopback() || narrow.is_link_local()
                || narrow.is_broadcast() || narrow.is_documentation() || narrow.is_unspecified()
                || narrow.is_multicast();
            prop_assert!(!special || refusal(narrow.into()).is_some(), "{}", narrow);
            let global_unicast = wide >> 125 == 1;
            let wide = Ipv6Addr::from_bits(wide);
            prop_assert!(global_unicast || refusal(wide.into()).is_some(), "{}", wide);
        }
    }
}
