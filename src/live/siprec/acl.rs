//! Which addresses may call.
//!
//! In: networks as they are configured, `10.1.0.0/16` or `10.1.2.3`. Out: whether an address is in one.

use std::net::IpAddr;

/// A network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Net {
    address: u128,
    bits: u32,
    is_v4: bool,
}

/// Text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address and no network such as 10.1.0.0/16")]
pub struct NetError(String);

fn number(ip: IpAddr) -> (u128, bool) {
    match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, true),
        IpAddr::V6(ip) => (ip.to_bits(), false),
    }
}

impl Net {
    /// Reads a network.
    ///
    /// # Errors
    /// [`NetError`].
    pub fn parse(text: &str) -> Result<Self, NetError> {
        let wrong = || NetError(text.to_owned());
        let (ip, bits) = match text.trim().split_once('/') {
            Some((ip, bits)) => (ip, Some(bits.parse::<u32>().map_err(|_| wrong())?)),
            None => (text.trim(), None),
        };
        let (address, is_v4) = number(ip.parse().map_err(|_| wrong())?);
        let most = if is_v4 { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        Ok(Self { address, bits, is_v4 })
    }

    /// Whether an address is in it.
    pub fn has(&self, ip: IpAddr) -> bool {
        let (address, is_v4) = number(ip);
        let shift = 128 - self.bits;
        let same = (address ^ self.address).checked_shr(shift).unwrap_or(0) == 0;
        is_v4 == self.is_v4 && same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for (net, ip, expected) in [
            ("10.1.0.0/16", "10.1.255.3", true),
            ("10.1.0.0/16", "10.2.0.3", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fd12::1", true),
        ] {
            assert_eq!(Net::parse(net).unwrap().has(ip.parse().unwrap()), expected, "{net} {ip}");
        }
        for text in ["", "10.1.0.0/33", "host", "10.1.0.0/-1"] {
            assert!(Net::parse(text).is_err(), "{text}");
        }
    }
}
