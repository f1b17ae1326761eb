//! How many drainers a limit should have now.
//!
//! Depth alone is the wrong signal: more drainers don't make a limited API faster. What counts is how many
//! calls must be in flight for the rate that is wanted (Little's law), and how many of them one drainer keeps.
//!
//! A **reading** is what is known at one instant; from it comes a **need**, the number of drainers of use; from
//! that and from the limit's document comes the **decision**. Whatever isn't known makes the need a span from
//! least to most: up goes by the least, down by the most, so that what is missing changes nothing.

pub mod decide;
pub mod need;
pub mod reading;
pub mod tempo;

mod reason;
